import { expect, test } from "vitest";
import { cpuChoices, mibOf, part, readGib, readPort, sshCommand, still } from "./tasks";

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
