import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { isDecimal } from "./json";

/** Kind is the kind of input for a single value of a field. */
export type Kind =
  | "text"
  | "integer"
  | "number"
  | "decimal"
  | "bool"
  | "bytes"
  | "enum"
  | "time"
  | "span"
  | "json"
  | "message";

const wholes: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  [ScalarType.INT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SINT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SFIXED32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.UINT32]: [0n, 2n ** 32n - 1n],
  [ScalarType.FIXED32]: [0n, 2n ** 32n - 1n],
  [ScalarType.INT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.UINT64]: [0n, 2n ** 64n - 1n],
  [ScalarType.FIXED64]: [0n, 2n ** 64n - 1n],
};

/**
 * kindOf chooses it by a field's type. A type without its own input is written
 * as JSON.
 */
export function kindOf(field: DescField): Kind {
  if (field.fieldKind === "map") return "json";
  if (field.enum) return "enum";
  if (field.message) return wellKnown[field.message.typeName] ?? "message";
  if (isDecimal(field)) return "decimal";
  if (field.scalar === ScalarType.BOOL) return "bool";
  if (field.scalar === ScalarType.BYTES) return "bytes";
  if (field.scalar === ScalarType.FLOAT || field.scalar === ScalarType.DOUBLE) return "number";
  return field.scalar !== undefined && wholes[field.scalar] ? "integer" : "text";
}

const wellKnown: Record<string, Kind> = {
  "google.protobuf.Any": "json",
  "google.protobuf.Struct": "json",
  "google.protobuf.Timestamp": "time",
  "google.protobuf.Duration": "span",
};

/** rangeOf returns the minimum and maximum of a whole number. */
export function rangeOf(field: DescField): readonly [bigint, bigint] | undefined {
  return field.scalar === undefined ? undefined : wholes[field.scalar];
}

/**
 * inRange reports whether text is a whole number that the field can hold. An
 * empty text is not an error.
 */
export function inRange(field: DescField, text: string): boolean {
  if (text === "") return true;
  const range = rangeOf(field);
  if (!range || !/^-?\d+$/.test(text)) return false;
  return BigInt(text) >= range[0] && BigInt(text) <= range[1];
}

/** typeName returns a field's type for people who know protos. */
export function typeName(field: DescField): string {
  const one =
    field.message?.typeName ?? field.enum?.typeName ?? (field.scalar ? ScalarType[field.scalar]?.toLowerCase() : "");
  if (field.fieldKind === "list") return `${one}[]`;
  if (field.fieldKind === "map") return `map<…, ${one}>`;
  return one ?? "";
}

/** keyOf returns the name that the JSON uses for a field: people write either. */
export function keyOf(field: DescField, json: JsonObject): string {
  return field.jsonName in json && !(field.name in json) ? field.jsonName : field.name;
}

/** withField sets a field's value; undefined removes it. */
export function withField(json: JsonObject, field: DescField, value: JsonValue | undefined): JsonObject {
  const next = { ...json };
  const key = keyOf(field, json);
  if (value === undefined) delete next[key];
  else next[key] = value;
  return next;
}

/**
 * starting returns the initial value of a form: the signer's fields filled in,
 * required messages opened.
 */
export function starting(schema: DescMessage, signers: readonly string[], address: string): JsonObject {
  const json: JsonObject = {};
  for (const field of schema.fields)
    if (signers.includes(field.name) && field.fieldKind === "scalar" && address) json[field.name] = address;
  return json;
}
