import { expect, test } from "vitest";
import { hasRun, nextStep } from "./progress";

const tasks = (...status: string[]) => status.map((s) => ({ status: s }));

test.each([
  ["nothing yet", { authorized: false, tasks: undefined, before: false }, "authorize"],
  ["authorized", { authorized: true, tasks: undefined, before: false }, "create"],
  ["no virtual machine", { authorized: true, tasks: tasks(), before: false }, "create"],
  ["being made", { authorized: true, tasks: tasks("creating"), before: false }, "create"],
  ["failed", { authorized: true, tasks: tasks("create error"), before: false }, "create"],
  ["one of two runs", { authorized: true, tasks: tasks("create error", "running"), before: false }, "login"],
  ["off now", { authorized: true, tasks: tasks("closed"), before: false }, "login"],
  ["ran before, deleted", { authorized: true, tasks: tasks(), before: true }, "login"],
  ["ran before, not authorized any more", { authorized: false, tasks: undefined, before: true }, "login"],
] as const)("%s", (_, known, want) => {
  expect(nextStep(known)).toBe(want);
  expect(hasRun(known)).toBe(want === "login");
});
