import assert from "node:assert";
import test from "node:test";

import { layout } from "../src/graph/layout.ts";
import { relations } from "../src/graph/relations.ts";

const labels = { app: "web" };
const pod = (spec: object) => ({ metadata: { labels }, spec: { containers: [{ name: "a" }], ...spec } });
const deployment = (name: string, spec: object = {}) => ({ kind: "Deployment", metadata: { name }, spec: { template: pod(spec) } });

function edges(...objects: unknown[]): string[] {
  const { nodes, edges } = relations(objects);
  const name = (i: number) => `${nodes[i]!.kind}/${nodes[i]!.name}`;
  return edges.map(({ from, to, label }) => `${name(from)} ${label} ${name(to)}`);
}

test("traffic goes from an Ingress through a Service to its workload", () => {
  const ingress = { kind: "Ingress", metadata: { name: "in" }, spec: { rules: [{ http: { paths: [{ backend: { service: { name: "svc" } } }] } }], tls: [{ secretName: "cert" }] } };
  const service = { kind: "Service", metadata: { name: "svc" }, spec: { selector: labels } };
  assert.deepStrictEqual(edges(ingress, service, deployment("web"), { kind: "Service", metadata: { name: "headless" }, spec: {} }), [
    "Ingress/in routes to Service/svc", "Ingress/in certificate Secret/cert", "Service/svc selects Deployment/web",
  ]);
});

test("a workload leads to what its pods name, though it is not among the objects", () => {
  const spec = {
    serviceAccountName: "robot",
    volumes: [{ configMap: { name: "files" } }, { secret: { secretName: "key" } }, { persistentVolumeClaim: { claimName: "disk" } }, { projected: { sources: [{ secret: { name: "token" } }] } }],
    containers: [{ envFrom: [{ configMapRef: { name: "env" } }], env: [{ valueFrom: { secretKeyRef: { name: "key" } } }] }],
  };
  assert.deepStrictEqual(edges(deployment("web", spec)), [
    "Deployment/web runs as ServiceAccount/robot", "Deployment/web mounts ConfigMap/files", "Deployment/web mounts Secret/key",
    "Deployment/web mounts PersistentVolumeClaim/disk", "Deployment/web mounts Secret/token",
    "Deployment/web reads ConfigMap/env", "Deployment/web reads Secret/key",
  ]);
});

test("selectors stay in their namespace, and expressions count", () => {
  const elsewhere = { kind: "Service", metadata: { name: "svc", namespace: "other" }, spec: { selector: labels } };
  const budget = (operator: string) => ({ kind: "PodDisruptionBudget", metadata: { name: operator }, spec: { selector: { matchExpressions: [{ key: "app", operator, values: ["web"] }] } } });
  assert.deepStrictEqual(edges(deployment("web"), elsewhere, budget("In"), budget("NotIn"), budget("Exists"), budget("DoesNotExist")), [
    "PodDisruptionBudget/In selects Deployment/web", "PodDisruptionBudget/Exists selects Deployment/web",
  ]);
});

test("what is no object at all breaks nothing", () => {
  assert.deepStrictEqual(edges(null, "text", [], { kind: 1, metadata: [] }, { kind: "Ingress", spec: { rules: "x" } }, { kind: "Service", spec: { selector: [] } }), []);
});

test("columns go from the outside to what is read, and boxes do not overlap", () => {
  const graph = relations([
    deployment("web", { volumes: [{ configMap: { name: "files" } }] }),
    { kind: "Service", metadata: { name: "svc" }, spec: { selector: labels } },
    ...Array.from({ length: 30 }, (_, i) => ({ kind: "ConfigMap", metadata: { name: `alone-${i}` } })),
  ]);
  const { places, width, height } = layout(graph);
  const [web, service, files] = [places[0]!, places[1]!, places[graph.nodes.length - 1]!];
  assert.ok(service.x < web.x && web.x < files.x);
  const seen = new Set(places.map(({ x, y }) => `${x} ${y}`));
  assert.strictEqual(seen.size, graph.nodes.length);
  assert.ok(places.every(({ x, y }) => x >= 0 && y >= 0 && x < width && y < height));
});
