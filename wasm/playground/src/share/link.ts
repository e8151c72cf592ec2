// A project in the fragment of a link: JSON, deflated, in base64url. The fragment is never sent to a server.
import type { Files, Source } from "../project.ts";

const MARK = "#p=";
// What a stranger's link may unpack to.
const MOST_BYTES = 16 << 20;

type Packed = Omit<Source, "files"> & { files: Record<string, string>; bytes?: Record<string, string> };

export async function linkOf(source: Source): Promise<string> {
  const packed: Packed = { ...source, files: {}, bytes: {} };
  for (const [path, content] of Object.entries(source.files)) {
    if (typeof content === "string") packed.files[path] = content;
    else packed.bytes![path] = base64(content);
  }
  const deflated = new Blob([JSON.stringify(packed)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const url = new URL(location.href);
  url.search = "";
  url.hash = MARK + base64(new Uint8Array(await new Response(deflated).arrayBuffer()), true);
  return url.href;
}

/** Returns what a link holds; `undefined` for a link that holds nothing. */
export async function sourceOf(hash: string): Promise<Source | undefined> {
  if (!hash.startsWith(MARK)) return undefined;
  let packed: Packed;
  try {
    packed = JSON.parse(await inflate(bytesOf(hash.slice(MARK.length)))) as Packed;
  } catch (error) {
    throw new Error(`the link is damaged or too large: ${(error as Error).message}`);
  }
  const files: Files = {};
  for (const [path, text] of Object.entries(packed.files ?? {})) files[path] = String(text);
  for (const [path, text] of Object.entries(packed.bytes ?? {})) files[path] = bytesOf(String(text));
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const settings = typeof packed.settings === "object" && packed.settings ? packed.settings : {};
  return { files, root: text(packed.root), file: text(packed.file), settings };
}

async function inflate(bytes: Uint8Array): Promise<string> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const text = new TextDecoder();
  let [length, found] = [0, ""];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return found + text.decode();
    length += value.length;
    if (length > MOST_BYTES) throw new Error("more than 16 MB");
    found += text.decode(value, { stream: true });
  }
}

function base64(bytes: Uint8Array, isUrl = false): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  const found = btoa(text);
  return isUrl ? found.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") : found;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
