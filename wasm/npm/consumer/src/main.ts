// Both ways to use the package. The title says how it went, and nothing else of the page counts.
import { load, render, Session, type Finding } from "rhumb-wasm";
import { open, Superseded, type WorkerSession } from "rhumb-wasm/worker";

const files: Record<string, string> = {
  "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
  "values.yaml": "port: 80\n",
  "templates/web.yaml":
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: [{port: {{ .Values.port }}}]\n",
};

function here(): boolean {
  const session = new Session();
  session.loadFiles(files);
  session.configure("", { set: ["port=many"] });
  const findings: Finding[] = session.findings("");
  return findings[0]?.code === "schema-type" && render(files).ok;
}

async function inWorker(): Promise<boolean> {
  const session: WorkerSession = await open({ timeout: 60_000 });
  await session.loadFiles(files);
  const older: Promise<unknown> = session.render("").catch((error: unknown) => error);
  await session.setFile("values.yaml", "port: 81\n");
  const { text } = await session.render("");
  session.close();
  return (await older) instanceof Superseded && text.includes("port: 81");
}

try {
  await load();
  document.title = `${here() ? "ok" : "wrong"} ${(await inWorker()) ? "ok" : "wrong"}`;
} catch (error) {
  document.title = `failed: ${error}`;
}
