import { expect, test } from "vitest";
import { splitDetails } from "./details";
import { ChainError, explainError, retryOf } from "./errors";

test.each([
  ["rental not found", "rental not found", {}],
  ['a details={"n":"1"} [x.go:12]', "a [x.go:12]", { n: "1" }],
  ['renter is details={"n":"1"} : bad details={"m":"a \\"}"}', "renter is : bad", { m: 'a "}' }],
  ['a details={"n":1}', 'a details={"n":1}', {}],
  ["a details={", "a details={", {}],
])("%s", (log, said, values) => {
  expect(splitDetails(log)).toEqual({ said, values });
});

const at = "2026-11-30T09:00:00Z";
const cooldown = new ChainError("rental", 10, `too soon details={"retry_at":"${at}","other":"x"}`);

test("a refusal says when it can succeed, without its sentence being read", () => {
  expect(cooldown.message).toBe("too soon");
  expect(cooldown.params).toEqual({ retry_at: at });
  expect(retryOf(cooldown)).toEqual({ retry: "at", at: new Date(at) });
  expect(retryOf(new ChainError("rental", 10, "x"))).toEqual({ retry: "later" });
  expect(retryOf(new ChainError("rental", 10, 'x details={"retry_at":"soon"}'))).toEqual({ retry: "later" });
  expect(retryOf(new ChainError("rental", 8, "x"))).toEqual({ retry: "never" });
  expect(retryOf(new ChainError("gov", 8, "x"))).toEqual({ retry: "never" });
});

test("the reader is told from when, and how much is missing", () => {
  expect(explainError(cooldown, "en").detail).toMatch(/^Possible from: 30 Nov 2026/);
  expect(explainError(cooldown, "zh").detail).toMatch(/^可重试时间：2026年11月30日/);
  const funds = new ChainError("rental", 8, 'x details={"balance":"1","missing":"1500000","needed":"1500001"}');
  expect(explainError(funds, "en").detail).toBe("Missing: 1.5 DBC");
  expect(explainError(funds, "zh").detail).toBe("还差：1.5 DBC");
  expect(explainError(new ChainError("rental", 8, 'x details={"missing":"much"}'), "en").detail).toBeUndefined();
});
