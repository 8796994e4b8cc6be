import {
  type DescField,
  type DescMessage,
  fromJson,
  getOption,
  hasOption,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { base64 } from "@scure/base";
import { name as aminoName, dont_omitempty } from "../gen/amino/amino_pb";

/**
 * Amino JSON of the chain's messages, by the amino options of their protos:
 * what Ledgers, and Keplr with a Ledger, sign. A test compares it with test
 * vectors from dbcd.
 */

/** aminoType returns a message's name in amino JSON. */
export function aminoType(schema: DescMessage): string {
  return hasOption(schema, aminoName) ? getOption(schema, aminoName) : "";
}

const kept = (field: DescField) => getOption(field, dont_omitempty);

type Values = Record<string, unknown>;

function time({ seconds, nanos }: Timestamp): string {
  const fraction = nanos ? `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}` : "";
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}

function single(message: DescMessage | undefined, value: unknown): unknown {
  if (message?.typeName === "google.protobuf.Timestamp") return time(value as Timestamp);
  if (message?.typeName === "google.protobuf.Duration") {
    const { seconds, nanos } = value as { seconds: bigint; nanos: number };
    return (seconds * 1_000_000_000n + BigInt(nanos)).toString();
  }
  if (message) return toAmino(message, value as Message);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return base64.encode(value);
  return value;
}

function isDefault(value: unknown): boolean {
  return (
    value === undefined ||
    value === "" ||
    value === 0 ||
    value === 0n ||
    value === false ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

/** toAmino encodes a message as amino JSON, without its type. */
export function toAmino(schema: DescMessage, message: Message): Values {
  const json: Values = {};
  const values = message as unknown as Values;
  for (const field of schema.fields) {
    const value = values[field.localName];
    if (field.fieldKind === "list") {
      const items = value as unknown[];
      if (items.length) json[field.name] = items.map((item) => single(field.message, item));
      else if (kept(field)) json[field.name] = null;
    } else if (field.fieldKind === "message") {
      if (value !== undefined) json[field.name] = single(field.message, value);
      else if (kept(field)) json[field.name] = single(field.message, zero(field.message));
    } else if (!isDefault(value)) {
      json[field.name] = single(undefined, value);
    }
  }
  return json;
}

function zero(schema: DescMessage): Message {
  if (schema.typeName === "google.protobuf.Timestamp") return fromJson(schema, "1970-01-01T00:00:00Z");
  if (schema.typeName === "google.protobuf.Duration") return fromJson(schema, "0s");
  return fromJson(schema, {});
}

/** fromAmino decodes amino JSON that a signer returned, perhaps changed. */
export function fromAmino(schema: DescMessage, json: Values): Message {
  const plain: Record<string, never> = {};
  for (const field of schema.fields) {
    const value = json[field.name];
    if (value === undefined || value === null) continue;
    const one = (v: unknown) => (field.message ? readMessage(field.message, v) : v);
    plain[field.name] = (field.fieldKind === "list" ? (value as unknown[]).map(one) : one(value)) as never;
  }
  return fromJson(schema, plain);
}

function readMessage(schema: DescMessage, value: unknown): unknown {
  if (schema.typeName === "google.protobuf.Timestamp") return value;
  if (schema.typeName === "google.protobuf.Duration") {
    const nanos = BigInt(value as string);
    const rest = (nanos % 1_000_000_000n).toString().padStart(9, "0");
    return `${nanos / 1_000_000_000n}.${rest}s`;
  }
  return toJson(schema, fromAmino(schema, value as Values));
}
