import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { newTaskId, taskIdForm, taskIds } from "./taskId";

test("an id is random, and of the form that machines accept", () => {
  const ids = Array.from({ length: 200 }, newTaskId);
  expect(new Set(ids).size).toBe(200);
  for (const id of ids) expect(id).toMatch(/^[A-Z][0-9A-Za-z]{21}$/);
});

test("the same order has the same id, and another one another", () => {
  const idOf = taskIds();
  const first = idOf({ image_name: "a.qcow2" });
  expect(idOf({ image_name: "a.qcow2" })).toBe(first);
  expect(idOf({ image_name: "b.qcow2" })).not.toBe(first);
  expect(taskIds()({ image_name: "a.qcow2" })).not.toBe(first);
});

test("an id's form is the node's", () => {
  const node = readFileSync(join(import.meta.dirname, "../../../node/guests/taskdir/taskdir.go"), "utf8");
  expect(node).toContain(`folderName = regexp.MustCompile(\`${taskIdForm.source}\`)`);
});
