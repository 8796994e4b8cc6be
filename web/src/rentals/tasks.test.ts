import { expect, test } from "vitest";
import { Cause } from "../gen/dbc/rental/v1/rental_pb";
import { ApiError } from "../node/api";
import { cameUp, cpuChoices, mibOf, part, readGib, readPort, reasonTone, sshCommand, still } from "./tasks";
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

test("the likely cause of a cancellation is what the machine tells, or that it tells nothing", () => {
  const task = (status: string) => ({ task_id: "t", create_time: "", desc: "", status, rent_order: "7" });
  const refused = (status: number) => new ApiError("X", "no", { status });
  expect(causeOf({ data: undefined, error: null })).toBe(Cause.NOT_READY);
  expect(causeOf({ data: [task("creating")], error: null })).toBe(Cause.NOT_READY);
  expect(causeOf({ data: [task("running")], error: null })).toBe(Cause.CHANGED_MIND);
  expect(causeOf({ data: [task("running")], error: refused(504) })).toBe(Cause.UNREACHABLE);
  expect(causeOf({ data: undefined, error: new ApiError("REPLY_FORGED", "not the machine's") })).toBe(
    Cause.UNREACHABLE,
  );
  expect(causeOf({ data: [task("running")], error: refused(401) })).toBe(Cause.CHANGED_MIND);
  expect(causeOf({ data: undefined, error: refused(401) })).toBe(Cause.NOT_READY);
});

test("a guest that its own user shut down is no alarm", () => {
  expect(reasonTone("closed")).toBe("info");
  expect(reasonTone("running")).toBe("info");
  expect(reasonTone("start error")).toBe("bad");
});
