// The chain's messages for CosmJS, generated from the published protos alone:
// types for the registry, and amino converters that follow the protos' amino
// options.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromBase64, toBase64 } from "@cosmjs/encoding";
import { Registry } from "@cosmjs/proto-signing";
import { AminoTypes } from "@cosmjs/stargate";
import protobuf from "protobufjs";

const files = ["guard/v1/guard", "guard/v1/tx", "machine/v1/machine", "machine/v1/tx", "rental/v1/rental", "rental/v1/tx"];
const folder = fileURLToPath(new URL("../../proto/dbc/", import.meta.url));

function load() {
  const root = new protobuf.Root();
  for (const wellKnown of ["timestamp", "duration"]) {
    root.addJSON(protobuf.common.get(`google/protobuf/${wellKnown}.proto`).nested);
  }
  for (const file of files) {
    protobuf.parse(readFileSync(`${folder}${file}.proto`, "utf8"), root, { keepCase: true });
  }
  return root.resolveAll();
}

export const root = load();

// messages are the requests of the Msg services by type URL.
export const messages = new Map(
  ["dbc.guard.v1.Msg", "dbc.machine.v1.Msg", "dbc.rental.v1.Msg"].flatMap((service) =>
    root.lookupService(service).methodsArray.map((method) => {
      const type = method.resolve().resolvedRequestType;
      return [`/${type.fullName.slice(1)}`, type];
    }),
  ),
);

export const registry = new Registry(
  [...messages].map(([url, type]) => [
    url,
    {
      encode: (message, writer) => type.encode(message, writer),
      decode: (reader, length) => type.decode(reader, length),
      fromPartial: (value) => type.fromObject(value),
    },
  ]),
);

const kept = (field) => field.options?.["(amino.dont_omitempty)"] === true;
const big = /^(u?int|s?fixed|sint)64$/;

// scalar converts one value to amino JSON, and back reverses it.
function scalar(field, value) {
  const { resolvedType, type } = field;
  // A name or a number, known or not; for a known number, values has the name.
  if (resolvedType instanceof protobuf.Enum) return typeof value === "number" ? value : (resolvedType.values[value] ?? Number(value));
  if (resolvedType?.fullName === ".google.protobuf.Timestamp") return time(value);
  if (resolvedType?.fullName === ".google.protobuf.Duration") {
    return (BigInt(value.seconds ?? 0) * 1_000_000_000n + BigInt(value.nanos ?? 0)).toString();
  }
  if (resolvedType) return toAmino(resolvedType, value);
  if (big.test(type)) return BigInt(value).toString();
  if (type === "bytes") return typeof value === "string" ? value : toBase64(value);
  return value;
}

function back(field, value) {
  const { resolvedType, type } = field;
  if (resolvedType?.fullName === ".google.protobuf.Timestamp") {
    const [, whole, , fraction = ""] = /^(.*?)(\.(\d+))?Z$/.exec(value);
    return { seconds: String(Date.parse(`${whole}Z`) / 1000), nanos: Number(fraction.padEnd(9, "0")) };
  }
  if (resolvedType?.fullName === ".google.protobuf.Duration") {
    const total = BigInt(value);
    return { seconds: String(total / 1_000_000_000n), nanos: Number(total % 1_000_000_000n) };
  }
  if (resolvedType instanceof protobuf.Type) return fromAmino(resolvedType, value);
  return type === "bytes" ? fromBase64(value) : value;
}

// time formats RFC 3339 with as many fractional digits as needed, like Go.
export function time({ seconds = 0, nanos = 0 }) {
  const fraction = nanos ? `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}` : "";
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}

const isDefault = (value) =>
  value === undefined || value === null || value === "" || Number(value) === 0 || value === false || value.length === 0;

function toAmino(type, value) {
  const json = {};
  for (const field of type.fieldsArray) {
    const has = value[field.name];
    if (field.repeated) {
      if (has?.length) json[field.name] = has.map((item) => scalar(field, item));
      else if (kept(field)) json[field.name] = null;
    } else if (field.resolvedType instanceof protobuf.Type) {
      if (has !== undefined && has !== null) json[field.name] = scalar(field, has);
      else if (kept(field)) json[field.name] = scalar(field, {});
    } else if (!isDefault(has)) {
      json[field.name] = scalar(field, has);
    }
  }
  return json;
}

function fromAmino(type, json) {
  const value = {};
  for (const field of type.fieldsArray) {
    const has = json[field.name];
    if (has === undefined || has === null) continue;
    value[field.name] = field.repeated ? has.map((item) => back(field, item)) : back(field, has);
  }
  return value;
}

export const aminoTypes = new AminoTypes(
  Object.fromEntries(
    [...messages].map(([url, type]) => [
      url,
      {
        aminoType: type.options["(amino.name)"],
        toAmino: (value) => toAmino(type, value),
        fromAmino: (json) => fromAmino(type, json),
      },
    ]),
  ),
);
