// The fields of a form, from what a values schema says and from the values that are there. Pure: data in, data out.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Kind = "group" | "text" | "number" | "integer" | "flag" | "choice" | "data";

export interface Field {
  /** Keys from the root of the values. */
  path: string[];
  kind: Kind;
  description: string;
  /** The value that templates see. */
  value: Json | undefined;
  choices: Json[];
  required: boolean;
  least?: number;
  most?: number;
  /** The fields of a group. */
  fields: Field[];
}

type Schema = { [key: string]: Json };

const DEEPEST = 12;

/** Returns the fields of the values; those that no schema knows are told by what they hold. */
export function fieldsOf(schema: Json | undefined, values: Json): Field[] {
  const root = asSchema(schema) ?? {};
  return group(root, root, isMap(values) ? values : {}, []);
}

function group(root: Schema, schema: Schema, values: { [key: string]: Json }, path: string[]): Field[] {
  const known = isMap(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const names = [...new Set([...Object.keys(known), ...Object.keys(values)])];
  return names.map((name) => {
    const own = resolved(root, asSchema(known[name]) ?? {}, 0);
    return field(root, own, values[name], [...path, name], required.includes(name));
  });
}

function field(root: Schema, schema: Schema, value: Json | undefined, path: string[], required: boolean): Field {
  const kind = kindOf(schema, value, path.length);
  const inner = kind === "group" ? group(root, schema, isMap(value) ? value : {}, path) : [];
  const number = (name: string) => (typeof schema[name] === "number" ? schema[name] : undefined);
  return {
    path,
    kind,
    description: typeof schema.description === "string" ? schema.description : typeof schema.title === "string" ? schema.title : "",
    value: value ?? schema.default,
    choices: kind === "choice" ? (schema.enum as Json[]) : [],
    required,
    least: number("minimum"),
    most: number("maximum"),
    fields: inner,
  };
}

function kindOf(schema: Schema, value: Json | undefined, depth: number): Kind {
  if (Array.isArray(schema.enum) && schema.enum.every((choice) => !isMap(choice) && !Array.isArray(choice))) return "choice";
  const types = [schema.type].flat().filter((type) => typeof type === "string" && type !== "null");
  const type = types.length === 1 ? types[0] : types.length ? undefined : typeOf(value);
  // A map of free keys is data; so is what may be of several types.
  if (type === "object") return depth < DEEPEST && hasNames(schema, value) ? "group" : "data";
  const kinds: Record<string, Kind> = { string: "text", number: "number", integer: "integer", boolean: "flag" };
  return kinds[String(type)] ?? "data";
}

// Whether the keys of a map are known by name.
function hasNames(schema: Schema, value: Json | undefined): boolean {
  if (isMap(schema.properties)) return true;
  return isMap(value) && Object.keys(value).length > 0 && !schema.additionalProperties;
}

function typeOf(value: Json | undefined): string | undefined {
  if (isMap(value)) return "object";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value === "string" || typeof value === "boolean" ? typeof value : undefined;
}

// References within the schema; a chain that is too long, or leads out of it, says nothing.
function resolved(root: Schema, schema: Schema, steps: number): Schema {
  const ref = schema.$ref;
  if (typeof ref !== "string" || steps > 20) return schema;
  if (!ref.startsWith("#/")) return {};
  const keys = ref.slice(2).split("/").map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const found = keys.reduce<Json | undefined>((at, key) => (isMap(at) ? at[key] : undefined), root);
  return resolved(root, asSchema(found) ?? {}, steps + 1);
}

export function isMap(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asSchema(value: Json | undefined): Schema | undefined {
  return isMap(value) ? value : undefined;
}
