// Where the nodes of a graph stand: columns by what a kind is for, rows so that edges are short. Pure.
import type { Graph } from "./relations.ts";

export const BOX = { width: 176, height: 40 };
const GAP = { x: 64, y: 16 };
const MARGIN = 16;

export interface Placed {
  x: number;
  y: number;
}

// From the outside of a cluster to what its workloads read.
const COLUMNS: string[][] = [
  ["Ingress", "Gateway", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"],
  ["Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor", "ServiceMonitor", "RoleBinding", "ClusterRoleBinding"],
  ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Role", "ClusterRole"],
  ["ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount", "PersistentVolume"],
];

/** Returns a place for each node, and the size of the whole. */
export function layout(graph: Graph): { places: Placed[]; width: number; height: number } {
  const isLinked = new Set(graph.edges.flatMap(({ from, to }) => [from, to]));
  const columns = columnsOf(graph, isLinked);
  const row = new Map<number, number>();
  const number = (column: number[]) => column.forEach((node, i) => row.set(node, i));
  columns.forEach(number);
  const near = graph.nodes.map((): number[] => []);
  for (const { from, to } of graph.edges) {
    near[from]!.push(to);
    near[to]!.push(from);
  }
  // Each node goes to the middle of its neighbours, a few times over; the order among equals stays.
  for (let pass = 0; pass < 4; pass++) {
    for (const column of columns) {
      const middle = (node: number) => {
        const rows = near[node]!.map((other) => row.get(other) ?? 0);
        return rows.length ? rows.reduce((a, b) => a + b, 0) / rows.length : (row.get(node) ?? 0);
      };
      const middles = new Map(column.map((node) => [node, middle(node)]));
      column.sort((a, b) => middles.get(a)! - middles.get(b)!);
      number(column);
    }
  }
  const most = Math.max(0, ...columns.map((column) => column.length));
  const places: Placed[] = [];
  columns.filter((column) => column.length).forEach((column, i) => {
    const top = MARGIN + ((most - column.length) * (BOX.height + GAP.y)) / 2;
    column.forEach((node, j) => (places[node] = { x: MARGIN + i * (BOX.width + GAP.x), y: top + j * (BOX.height + GAP.y) }));
  });
  const used = columns.filter((column) => column.length).length;
  return {
    places,
    width: MARGIN * 2 + Math.max(0, used * (BOX.width + GAP.x) - GAP.x),
    height: MARGIN * 2 + Math.max(0, most * (BOX.height + GAP.y) - GAP.y),
  };
}

// What has to do with nothing stands last, in columns no longer than the others.
function columnsOf(graph: Graph, isLinked: Set<number>): number[][] {
  const columns: number[][] = COLUMNS.map(() => []);
  const alone: number[] = [];
  graph.nodes.forEach((node, i) => {
    if (!isLinked.has(i)) return alone.push(i);
    const column = COLUMNS.findIndex((kinds) => kinds.includes(node.kind));
    return columns[column < 0 ? 2 : column]!.push(i);
  });
  const most = Math.max(8, ...columns.map((column) => column.length));
  for (let at = 0; at < alone.length; at += most) columns.push(alone.slice(at, at + most));
  return columns;
}
