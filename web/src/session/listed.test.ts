import { expect, test } from "vitest";
import { readSessions } from "./listed";

const listed = { session_id: "ab".repeat(32), rent_order: "7", scope: "read", revoked: false };

test("sessions are read with ids that may be signed, and nothing else", () => {
  expect(readSessions({ sessions: [{ ...listed, wallet: "dbc1x", expires: "2026-01-31T12:00:00Z" }] })).toEqual({
    sessions: [listed],
  });
  expect(readSessions({ sessions: [{ ...listed, scope: "admire" }] }).sessions).toHaveLength(1);
  for (const bad of [{ session_id: "ab" }, { session_id: 7 }, { rent_order: "x" }, { scope: {} }, { revoked: "no" }])
    expect(() => readSessions({ sessions: [{ ...listed, ...bad }] })).toThrow();
  for (const bad of [null, {}, { sessions: {} }, []]) expect(() => readSessions(bad)).toThrow();
});
