import {
  create,
  createFileRegistry,
  type DescFile,
  type DescMethod,
  type DescMethodUnary,
  type FileRegistry,
  fromBinary,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { service, signer } from "../gen/cosmos/msg/v1/msg_pb";
import { type FileDescriptorsResponse, FileDescriptorsResponseSchema } from "../gen/cosmos/reflection/v1/reflection_pb";
import { ask, open } from "../node/api";
import { plain } from "../node/plain";

/**
 * ChainTypes are the messages and queries of the chain, from its own
 * description.
 */
export interface ChainTypes {
  registry: FileRegistry;
  messages: readonly DescMethodUnary[];
  queries: readonly DescMethodUnary[];
}

/**
 * Protos that the daemon contains without serving them, or that no caller
 * needs.
 */
const own = /^(?:cosmos|dbc|ibc|tendermint)\//;
const unserved = /^cosmos\.(?:app|store|autocli|reflection|base\.reflection)\./;

/**
 * readTypes builds types from the files that the chain's reflection returns, in
 * any order.
 */
export function readTypes(files: readonly FileDescriptorProto[]): ChainTypes {
  const file = inOrder(files);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
  const methods = [...registry.files].filter(({ proto }) => own.test(proto.name)).flatMap(methodsOf);
  const byName = (a: DescMethod, b: DescMethod) => methodName(a).localeCompare(methodName(b));
  return {
    registry,
    messages: methods.filter((m) => isMessage(m)).sort((a, b) => a.input.typeName.localeCompare(b.input.typeName)),
    queries: methods.filter((m) => !isMessage(m) && !unserved.test(m.parent.typeName)).sort(byName),
  };
}

/**
 * inOrder returns the chain's own files and what they import, each after its
 * imports.
 */
function inOrder(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered: FileDescriptorProto[] = [];
  const seen = new Set<string>();
  const visit = (name: string) => {
    const file = byName.get(name);
    if (seen.has(name) || !file) return;
    seen.add(name);
    file.dependency.forEach(visit);
    ordered.push(file);
  };
  for (const { name } of files) if (own.test(name)) visit(name);
  return ordered;
}

function methodsOf(file: DescFile): DescMethodUnary[] {
  return file.services.flatMap((s) => s.methods.filter((m): m is DescMethodUnary => m.methodKind === "unary"));
}

function isMessage({ parent }: DescMethod): boolean {
  return hasOption(parent, service) && getOption(parent, service);
}

/** signersOf returns the fields of a message that name its signers. */
export function signersOf({ input }: DescMethod): readonly string[] {
  return getOption(input, signer);
}

/** methodName returns the name of a query: package.Service/Method. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/**
 * moduleOf returns the package of a method, without its version: "cosmos.bank",
 * "dbc.rental".
 */
export function moduleOf({ parent }: DescMethod): string {
  return parent.file.proto.package.replace(/\.v\d+(?:(?:alpha|beta)\d+)?$/, "");
}

/** askTypes reads the chain's descriptors, unmodified, from the client node. */
async function askTypes(signal: AbortSignal): Promise<FileDescriptorsResponse> {
  const response = await ask("/chain/types", { signal });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) open(response.status, new TextDecoder().decode(bytes));
  return plain(fromBinary(FileDescriptorsResponseSchema, bytes));
}

/** useChainTypes reads the chain's types once. */
export function useChainTypes(): UseQueryResult<ChainTypes> {
  return useQuery({
    queryKey: ["types"],
    queryFn: async ({ signal }) => readTypes((await askTypes(signal)).files),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
}
