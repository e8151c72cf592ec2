// Which object has to do with which: traffic by backends and selectors, and what is named: ConfigMaps, Secrets, claims,
// accounts. Pure: objects in, edges out.

export interface Node {
  /** The object's number in the manifests; `undefined` for one that is named but not among them. */
  index: number | undefined;
  kind: string;
  namespace: string;
  name: string;
}

export interface Edge {
  from: number;
  to: number;
  /** What the one is to the other: "routes to", "selects", "mounts". */
  label: string;
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
}

type Data = { [key: string]: unknown };
interface Target {
  kind: string;
  name: string;
  label: string;
  /** Whether it is drawn though it is not among the objects: what a cluster makes by itself is not. */
  isNamed: boolean;
}

const map = (value: unknown): Data => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : {});
const list = (value: unknown): Data[] => (Array.isArray(value) ? value.map(map) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const at = (value: unknown, ...keys: string[]): unknown => keys.reduce<unknown>((value, key) => map(value)[key], value);

/** Returns the graph of some objects: every object is a node, in their order. */
export function relations(objects: unknown[]): Graph {
  const nodes: Node[] = objects.map((object, index) => ({
    index,
    kind: text(at(object, "kind")),
    namespace: text(at(object, "metadata", "namespace")),
    name: text(at(object, "metadata", "name")),
  }));
  const graph: Graph = { nodes, edges: [] };
  const byName = new Map(nodes.map((node, i) => [keyOf(node.kind, node.namespace, node.name), i]));
  const pods = objects.map((object) => podOf(map(object)));
  const seen = new Set<string>();
  const add = (from: number, to: number, label: string) => {
    const key = `${from} ${to} ${label}`;
    if (from === to || seen.has(key)) return;
    seen.add(key);
    graph.edges.push({ from, to, label });
  };
  objects.forEach((object, from) => {
    const namespace = nodes[from]!.namespace;
    for (const target of targetsOf(map(object), pods[from])) {
      const key = keyOf(target.kind, namespace, target.name);
      let to = byName.get(key);
      if (to === undefined) {
        if (!target.isNamed) continue;
        to = nodes.push({ index: undefined, kind: target.kind, namespace, name: target.name }) - 1;
        byName.set(key, to);
      }
      add(from, to, target.label);
    }
    const selector = selectorOf(map(object));
    if (selector) {
      pods.forEach((pod, to) => {
        if (pod && nodes[to]!.namespace === namespace && matches(selector, pod.labels)) add(from, to, "selects");
      });
    }
  });
  return graph;
}

const keyOf = (kind: string, namespace: string, name: string) => `${kind}/${namespace}/${name}`;

interface Pod {
  labels: Data;
  spec: Data;
}

// The pods that a workload makes, or the pod itself.
function podOf(object: Data): Pod | undefined {
  if (object.kind === "Pod") return { labels: map(at(object, "metadata", "labels")), spec: map(object.spec) };
  const template = object.kind === "CronJob" ? at(object, "spec", "jobTemplate", "spec", "template") : at(object, "spec", "template");
  const spec = at(template, "spec");
  return Array.isArray(at(spec, "containers")) ? { labels: map(at(template, "metadata", "labels")), spec: map(spec) } : undefined;
}

// The selector of an object that selects pods without owning them.
function selectorOf(object: Data): Data | undefined {
  const spec = map(object.spec);
  switch (object.kind) {
    case "Service":
      return Object.keys(map(spec.selector)).length ? { matchLabels: spec.selector } : undefined;
    case "NetworkPolicy":
      return map(spec.podSelector);
    case "PodDisruptionBudget":
    case "PodMonitor":
      return spec.selector === undefined ? undefined : map(spec.selector);
    default:
      return undefined;
  }
}

function matches(selector: Data, labels: Data): boolean {
  const equal = Object.entries(map(selector.matchLabels)).every(([key, value]) => labels[key] === value);
  return equal && list(selector.matchExpressions).every(({ key, operator, values }) => {
    const value = labels[text(key)];
    const among = Array.isArray(values) && values.includes(value);
    if (operator === "In") return among;
    if (operator === "NotIn") return !among;
    return operator === "Exists" ? value !== undefined : operator === "DoesNotExist" && value === undefined;
  });
}

function targetsOf(object: Data, pod: Pod | undefined): Target[] {
  const found: Target[] = [];
  const add = (kind: string, name: unknown, label: string, isNamed = true) => {
    if (text(name)) found.push({ kind, name: text(name), label, isNamed });
  };
  const spec = map(object.spec);
  switch (object.kind) {
    case "Ingress":
      for (const backend of [spec.defaultBackend, ...list(spec.rules).flatMap((rule) => list(at(rule, "http", "paths"))).map((path) => path.backend)]) add("Service", at(backend, "service", "name"), "routes to");
      for (const tls of list(spec.tls)) add("Secret", tls.secretName, "certificate");
      break;
    case "HTTPRoute":
    case "GRPCRoute":
    case "TCPRoute":
    case "TLSRoute":
      for (const parent of list(spec.parentRefs)) add("Gateway", parent.name, "attached to");
      for (const backend of list(spec.rules).flatMap((rule) => list(rule.backendRefs))) add(text(backend.kind) || "Service", backend.name, "routes to");
      break;
    case "HorizontalPodAutoscaler":
      add(text(at(spec, "scaleTargetRef", "kind")), at(spec, "scaleTargetRef", "name"), "scales");
      break;
    case "RoleBinding":
    case "ClusterRoleBinding":
      add(text(at(object, "roleRef", "kind")), at(object, "roleRef", "name"), "grants", false);
      for (const subject of list(object.subjects)) if (subject.kind === "ServiceAccount") add("ServiceAccount", subject.name, "to");
      break;
    case "StatefulSet":
      add("Service", spec.serviceName, "governed by");
      break;
    case "ServiceAccount":
      for (const secret of list(object.secrets)) add("Secret", secret.name, "holds");
      break;
    default:
  }
  if (pod) podTargets(pod.spec, add);
  return found;
}

function podTargets(spec: Data, add: (kind: string, name: unknown, label: string, isNamed?: boolean) => void): void {
  if (spec.serviceAccountName !== "default") add("ServiceAccount", spec.serviceAccountName, "runs as");
  for (const secret of list(spec.imagePullSecrets)) add("Secret", secret.name, "pulls with");
  for (const volume of list(spec.volumes)) {
    for (const source of [volume, ...list(at(volume, "projected", "sources"))]) {
      add("ConfigMap", at(source, "configMap", "name"), "mounts");
      add("Secret", at(source, "secret", "secretName") ?? at(source, "secret", "name"), "mounts");
    }
    add("PersistentVolumeClaim", at(volume, "persistentVolumeClaim", "claimName"), "mounts");
  }
  for (const container of [...list(spec.initContainers), ...list(spec.containers)]) {
    for (const from of list(container.envFrom)) {
      add("ConfigMap", at(from, "configMapRef", "name"), "reads");
      add("Secret", at(from, "secretRef", "name"), "reads");
    }
    for (const { valueFrom } of list(container.env)) {
      add("ConfigMap", at(valueFrom, "configMapKeyRef", "name"), "reads");
      add("Secret", at(valueFrom, "secretKeyRef", "name"), "reads");
    }
  }
}
