import { expect, test } from "vitest";
import { ApiError, open } from "./api";
import { explainError } from "./errors";

const refused = (answer: unknown): ApiError => {
  try {
    open(400, JSON.stringify(answer));
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("it was accepted");
};

test("an envelope's message is the answer", () => {
  expect(open(200, '{"errcode":0,"message":{"tasks":[]}}')).toEqual({ tasks: [] });
});

test("a refusal has its code and what was refused", () => {
  const error = refused({
    errcode: 7,
    code: "PORT_TAKEN",
    message: "no",
    field: "ssh_port",
    value: "22",
    limit: "1-9",
  });
  expect(error).toMatchObject({ code: "PORT_TAKEN", message: "no" });
  expect(error.details).toEqual({ status: 400, field: "ssh_port", value: "22", limit: "1-9" });
});

test.each([[null], [7], ["no"], [[]], [{}]])("no envelope: %j", (answer) => {
  expect(refused(answer).code).toBe("BAD_ANSWER");
});

test("a refusal of other types than text is still one that can be shown", () => {
  const odd = { errcode: {}, code: { a: 1 }, field: ["ssh_port"], value: {}, limit: 5 };
  const error = refused(odd);
  expect(error.details).toEqual({ status: 400 });
  for (const locale of ["en", "zh"] as const)
    for (const text of Object.values(explainError(error, locale))) expect(typeof text).toBe("string");
});
