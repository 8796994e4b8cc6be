import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { Cause } from "../gen/dbc/rental/v1/rental_pb";
import { ApiError } from "../node/api";
import { hasRun } from "./progress";
import { keepRan, ranKey } from "./ran";
import {
  cameUp,
  cpuChoices,
  mibOf,
  part,
  readGib,
  readNetworks,
  readPort,
  reasonTone,
  sshCommand,
  still,
} from "./tasks";
import { causeOf } from "./useTasks";

test("the login command has nothing of the machine's but an address, a port and a name", () => {
  expect(sshCommand({ ssh_ip: "203.0.113.7", ssh_port: "5682", user_name: "dbc" })).toBe("ssh -p 5682 dbc@203.0.113.7");
  for (const bad of [
    { ssh_ip: "a;rm -rf ~" },
    { ssh_port: "22 -oProxyCommand=x" },
    { user_name: "-oProxyCommand=x" },
    { user_name: "a b" },
  ])
    expect(sshCommand({ ssh_ip: "203.0.113.7", ssh_port: "5682", user_name: "dbc", ...bad })).toBeUndefined();
});

test("processors are even, or one", () => {
  expect(cpuChoices(0)).toEqual([1]);
  expect(cpuChoices(1)).toEqual([1]);
  expect(cpuChoices(5)).toEqual([2, 4]);
});

test("memory is told in MiB whatever its unit", () => {
  expect(["2G", "1843M", "", "x", "1T"].map(mibOf)).toEqual([2048, 1843, 0, 0, 0]);
});

test("a share is rounded down", () => expect(part(65_537, 1, 2)).toBe(32_768));

test("what is under way is asked for more often", () => {
  expect(still("creating")).toBe(false);
  expect(still("create error")).toBe(true);
});

test("sizes and ports are read as an input method writes them", () => {
  expect([readGib("20"), readGib(" ２０ "), readGib("0"), readGib("1.5")]).toEqual(["20", "20", undefined, undefined]);
  expect([readPort("５６８２"), readPort("22"), readPort("0"), readPort("5682x")]).toEqual([
    "5682",
    "22",
    undefined,
    undefined,
  ]);
});

test("a virtual machine came up unless it is being made or deleted, or failed to be made", () => {
  const came = (...states: string[]) => cameUp(states.map((status) => ({ status })));
  expect(came()).toBe(false);
  expect(came("creating")).toBe(false);
  expect(came("create error", "deleting")).toBe(false);
  for (const status of ["running", "closed", "start error", "being shutdown"])
    expect(came("create error", status)).toBe(true);
});

test("the likely cause of a cancellation is whether anything ran, or that the machine tells nothing", () => {
  const refused = (status: number) => new ApiError("X", "no", { status });
  expect(causeOf(null, false)).toBe(Cause.NOT_READY);
  expect(causeOf(null, true)).toBe(Cause.CHANGED_MIND);
  expect(causeOf(refused(504), true)).toBe(Cause.UNREACHABLE);
  expect(causeOf(new ApiError("REPLY_FORGED", "not the machine's"), false)).toBe(Cause.UNREACHABLE);
  expect(causeOf(refused(401), true)).toBe(Cause.CHANGED_MIND);
  expect(causeOf(refused(401), false)).toBe(Cause.NOT_READY);
});

test("a virtual machine that ran and was deleted counts for the cause, and not in another rental of the same number", () => {
  const marks = new Map<string, string>();
  const storage = {
    getItem: (key: string) => marks.get(key) ?? null,
    setItem: (key: string, value: string) => void marks.set(key, value),
    removeItem: (key: string) => void marks.delete(key),
    key: (place: number) => [...marks.keys()][place] ?? null,
    get length() {
      return marks.size;
    },
  };
  const began = (seconds: bigint) => ranKey("dbc-1", { id: 7n, start: create(TimestampSchema, { seconds }) });
  const cause = (key: string) =>
    causeOf(null, hasRun({ authorized: true, tasks: [], before: storage.getItem(key) !== null }));
  storage.setItem("dbc.sshKeys", "mine");
  storage.setItem("dbc.ran.dbc-1.7", "1"); // as earlier versions wrote it
  const now = 1_800_000_000;
  keepRan(storage, began(BigInt(now)), now * 1_000);
  expect(cause(began(BigInt(now)))).toBe(Cause.CHANGED_MIND);
  expect(cause(began(BigInt(now + 1)))).toBe(Cause.NOT_READY);
  expect([...marks.keys()]).toEqual(["dbc.sshKeys", began(BigInt(now))]);
  keepRan(storage, began(BigInt(now + 8 * 86_400)), (now + 8 * 86_400) * 1_000);
  expect(cause(began(BigInt(now)))).toBe(Cause.NOT_READY);
});

test("a guest that its own user shut down is no alarm", () => {
  expect(reasonTone("closed")).toBe("info");
  expect(reasonTone("running")).toBe("info");
  expect(reasonTone("start error")).toBe("bad");
});

test("networks as people write them", () => {
  expect(readNetworks(" 203.0.113.0/24，198.51.100.7、 Any ")).toEqual(["203.0.113.0/24", "198.51.100.7", "any"]);
  expect(readNetworks("  ")).toEqual([]);
});
