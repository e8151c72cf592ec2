// Files from the reader's disk: a folder that is chosen or dropped, or a packed chart. Nothing leaves the page.
import { readable, type Files, type Project } from "../project.ts";

const MOST_FILES = 5_000;
const MOST_BYTES = 64 << 20;
// What no package reads.
const SKIPPED = /(^|\/)(\.git|node_modules|\.terraform|target|\.venv)\//;

/** Opens what was chosen in a file dialog. */
export async function openChosen(project: Project, list: FileList): Promise<void> {
  const files = [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  await openAll(project, files);
}

/** Opens what was dropped. */
export async function openDropped(project: Project, data: DataTransfer): Promise<void> {
  // The entries must be asked for before the first wait.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  const files: Array<{ path: string; file: File }> = [];
  if (entries.length) for (const entry of entries) await walk(entry, "", files);
  else for (const file of data.files) files.push({ path: file.name, file });
  await openAll(project, files);
}

async function openAll(project: Project, all: Array<{ path: string; file: File }>): Promise<void> {
  const first = all[0];
  if (!first) throw new Error("there is no file in it");
  if (all.length === 1 && /\.(tgz|tar\.gz)$/.test(first.path)) {
    if (first.file.size > MOST_BYTES) throw new Error("the archive is larger than 64 MB");
    return project.openArchive(first.file.name, new Uint8Array(await first.file.arrayBuffer()));
  }
  const wanted = all.filter(({ path }) => !SKIPPED.test(path));
  const bytes = wanted.reduce((sum, { file }) => sum + file.size, 0);
  if (wanted.length > MOST_FILES) throw new Error(`there are more than ${MOST_FILES} files in it`);
  if (bytes > MOST_BYTES) throw new Error("there are more than 64 MB in it");
  const read = async ({ path, file }: { path: string; file: File }) =>
    [path, readable(new Uint8Array(await file.arrayBuffer()))] as const;
  const files: Files = Object.fromEntries(await Promise.all(wanted.map(read)));
  await project.open({ files });
}

async function walk(entry: FileSystemEntry, prefix: string, files: Array<{ path: string; file: File }>): Promise<void> {
  const path = prefix + entry.name;
  if (SKIPPED.test(`${path}/`) || files.length > MOST_FILES) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A folder comes in batches; an empty one is the last.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return;
    for (const inner of batch) await walk(inner, `${path}/`, files);
  }
}
