// The objects and what they have to do with each other, as a picture that can be read aloud as well.
import { layout, BOX, type Placed } from "../graph/layout.ts";
import { relations, type Graph, type Node } from "../graph/relations.ts";
import { h, svg } from "../page/dom.ts";
import type { Project } from "../project.ts";
import type { Panel } from "./panel.ts";

const MOST = 400;

/** `show` hears of an object that was chosen, by its number. */
export function createGraph(host: HTMLElement, project: Project, show: (index: number) => void): Panel {
  let drawn = "";
  // As large as it is, moved with arrows and pointers like any text; or all of it at once.
  const view = h("div", { id: "graph-view", role: "region", "aria-label": "Graph of the objects", tabindex: "0" });
  const fit = h("button", { id: "graph-fit", type: "button", "aria-pressed": "false", title: "Show all of it at once" }, "Fit");
  fit.addEventListener("click", () => fit.setAttribute("aria-pressed", String(view.classList.toggle("fit"))));
  // Who goes through the objects with Tab sees where that leads.
  view.addEventListener("focusin", ({ target }) => {
    if (target !== view) (target as Element).scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  host.replaceChildren(h("div", { class: "bar" }, fit), view);
  const refresh = async () => {
    const objects = await project.session.objects(project.root).catch(() => undefined);
    if (!objects) return;
    const graph = relations(objects);
    const state = JSON.stringify(graph);
    if (state === drawn) return;
    drawn = state;
    if (!graph.nodes.length) return view.replaceChildren(h("p", { class: "empty" }, "There are no objects."));
    if (graph.nodes.length > MOST) return view.replaceChildren(h("p", { class: "empty" }, `There are ${graph.nodes.length} objects, more than a picture can show.`));
    view.replaceChildren(picture(graph, show));
  };
  return { refresh, focus: () => view.focus() };
}

function picture(graph: Graph, show: (index: number) => void): SVGElement {
  const { places, width, height } = layout(graph);
  const edges = graph.edges.map(({ from, to, label }) =>
    svg("path", { class: "edge", "marker-end": "url(#arrow)", d: curve(places[from]!, places[to]!) }, svg("title", {}, `${nameOf(graph.nodes[from]!)} ${label} ${nameOf(graph.nodes[to]!)}`)));
  const tip = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: "8", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto" },
    svg("path", { class: "arrow", d: "M0 0L8 4L0 8z" }));
  const nodes = graph.nodes.map((node, i) => box(graph, node, i, places[i]!, show));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Objects and their relations" }, svg("defs", {}, tip), ...edges, ...nodes);
}

function box(graph: Graph, node: Node, i: number, { x, y }: Placed, show: (index: number) => void): SVGElement {
  const said = graph.edges.filter((edge) => edge.from === i).map(({ to, label }) => `${label} ${nameOf(graph.nodes[to]!)}`);
  const label = [nameOf(node), node.index === undefined ? "not among these manifests" : "", ...said].filter(Boolean).join(", ");
  const { index } = node;
  const choose = () => index !== undefined && show(index);
  const key = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose();
  };
  const more = index === undefined ? { role: "img" } : { role: "button", onclick: choose, onkeydown: key };
  return svg("g", { class: `node ${index === undefined ? "absent" : ""} kind-${node.kind.toLowerCase().replace(/[^a-z]/g, "")}`, transform: `translate(${x} ${y})`, tabindex: "0", "aria-label": label, ...more },
    svg("rect", { width: BOX.width, height: BOX.height, rx: "6" }),
    svg("text", { class: "kind", x: "10", y: "15" }, node.kind),
    svg("text", { class: "name", x: "10", y: "31" }, shortened(node.name)),
    svg("title", {}, label));
}

const nameOf = (node: Node) => `${node.kind}/${node.name}`;
const shortened = (name: string) => (name.length > 21 ? `${name.slice(0, 20)}…` : name);

function curve(from: Placed, to: Placed): string {
  const isForward = from.x <= to.x;
  const [a, b] = isForward ? [from.x + BOX.width, to.x] : [from.x, to.x + BOX.width];
  const [y1, y2] = [from.y + BOX.height / 2, to.y + BOX.height / 2];
  if (from.x === to.x) {
    const out = from.x + BOX.width;
    return `M${out} ${y1} C${out + 40} ${y1} ${out + 40} ${y2} ${out} ${y2}`;
  }
  const bend = (b - a) / 2;
  return `M${a} ${y1} C${a + bend} ${y1} ${b - bend} ${y2} ${b} ${y2}`;
}
