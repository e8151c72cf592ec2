// What a form has set, as the `--set-json` flags that do the same on the command line.
import type { Json } from "./fields.ts";

/** Returns the key of a path as flags write it: what means something to flags is escaped. */
export function keyOf(path: string[]): string {
  return path.map((part) => part.replace(/[\\.,=[\]{}]/g, "\\$&")).join(".");
}

export function flagOf(path: string[], value: Json): string {
  return `${keyOf(path)}=${JSON.stringify(value)}`;
}

/** Puts a value among flags, in the place of what they said of the path; `undefined` takes it away. */
export function withFlag(flags: string[], path: string[], value: Json | undefined): string[] {
  const rest = flags.filter((flag) => !flag.startsWith(`${keyOf(path)}=`));
  return value === undefined ? rest : [...rest, flagOf(path, value)];
}

export function isSet(flags: string[], path: string[]): boolean {
  return flags.some((flag) => flag.startsWith(`${keyOf(path)}=`));
}
