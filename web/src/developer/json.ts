import {
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  getOption,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { base64 } from "@scure/base";
import { scalar } from "../gen/cosmos_proto/cosmos_pb";
import { plainText } from "../node/plain";

/**
 * Messages as JSON: big numbers are strings, and decimals, which the chain
 * stores as whole numbers of 10^-18, are written with a decimal point.
 */

const PLACES = 18;

/** parseJson parses an object and refuses numbers that JavaScript would round. */
export function parseJson(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new SyntaxError("not an object: {…}");
  refuseRounded(value);
  return value as JsonObject;
}

function refuseRounded(value: unknown): void {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new SyntaxError(`${value} is too large for a bare number: write it in quotes, "…"`);
  if (value !== null && typeof value === "object") for (const inner of Object.values(value)) refuseRounded(inner);
}

/**
 * toMessage creates the message described by the JSON, or throws what is wrong
 * with it.
 */
export function toMessage(schema: DescMessage, json: JsonObject, registry?: Registry): Message {
  return fromJson(schema, decimals(schema, json, toUnits) as JsonObject, registry ? { registry } : {});
}

/** toText formats a message as JSON, including fields without a value. */
export function toText(schema: DescMessage, message: Message, registry?: Registry): string {
  const options = { useProtoFieldName: true, alwaysEmitImplicit: true, ...(registry && { registry }) };
  return JSON.stringify(decimals(schema, toJson(schema, message, options), toPoint), null, 2);
}

/** isDecimal reports whether a field is a decimal on this chain. */
export function isDecimal(field: DescField): boolean {
  return /^cosmos\.(?:Legacy)?Dec$/.test(getOption(field, scalar));
}

function decimals(schema: DescMessage, json: JsonValue, convert: (text: string) => string): JsonValue {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return json;
  const object: JsonObject = { ...json };
  for (const field of schema.fields) {
    const key = field.name in object ? field.name : field.jsonName;
    const value = object[key];
    if (value === undefined || value === null) continue;
    object[key] = inField(field, value, convert);
  }
  return object;
}

function inField(field: DescField, value: JsonValue, convert: (text: string) => string): JsonValue {
  const one = (item: JsonValue): JsonValue => {
    if (field.message) return decimals(field.message, item, convert);
    if (!isDecimal(field) || typeof item !== "string" || item === "") return item;
    const bytes = field.scalar === ScalarType.BYTES;
    if (!bytes) return convert(item);
    return convert === toPoint ? toPoint(ascii(item)) : base64.encode(new TextEncoder().encode(toUnits(item)));
  };
  if (field.fieldKind === "list") return Array.isArray(value) ? value.map(one) : value;
  if (field.fieldKind === "map") {
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, one(item)]));
  }
  return one(value);
}

const ascii = (text: string) => new TextDecoder().decode(base64.decode(text));

/** toPoint formats a whole number of 10^-18 as a decimal. */
export function toPoint(text: string): string {
  const match = /^(-?)(\d+)$/.exec(text);
  if (!match) return text;
  const digits = (match[2] ?? "").padStart(PLACES + 1, "0");
  const rest = digits.slice(-PLACES).replace(/0+$/, "");
  return `${match[1]}${digits.slice(0, -PLACES)}${rest && `.${rest}`}`;
}

/**
 * toUnits parses a decimal as a whole number of 10^-18, and refuses more
 * decimal places.
 */
export function toUnits(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  const rest = match?.[3] ?? "";
  if (!match || rest.length > PLACES)
    throw new SyntaxError(`${text} is no decimal with at most ${PLACES} places: 0.05`);
  return `${match[1]}${`${match[2]}${rest.padEnd(PLACES, "0")}`.replace(/^0+(?=\d)/, "")}`;
}

/**
 * readAnswer formats a response whose type is given by its URL, in base64 if
 * the type is unknown.
 */
export function readAnswer(typeUrl: string, value: Uint8Array, registry: Registry): string {
  const schema = registry.getMessage(typeUrl.replace(/^.*\//, ""));
  return schema ? plainText(toText(schema, fromBinary(schema, value), registry)) : base64.encode(value);
}
