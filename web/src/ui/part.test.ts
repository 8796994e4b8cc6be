import { createElement } from "react";
import { renderToReadableStream } from "react-dom/server.browser";
import { expect, test, vi } from "vitest";
import { type Part, part, Shown } from "./part";

vi.mock("./load", () => ({ load: <T>(code: () => Promise<T>) => code() }));

interface Given {
  to: string;
}

/** show renders a part to the end, and returns the page and what failed. */
async function show(of: Part<Given>) {
  const errors: unknown[] = [];
  const element = createElement(Shown<Given>, { of, given: { to: "you" }, label: "loading" });
  const stream = await renderToReadableStream(element, { onError: (error) => void errors.push(error) });
  await stream.allReady;
  return { html: await new Response(stream).text(), errors };
}

test("a part that failed to load is loaded when it is shown again, and then no more", async () => {
  const away = new Error("away");
  const code = vi
    .fn()
    .mockRejectedValueOnce(away)
    .mockResolvedValue({ default: ({ to }: Given) => createElement("p", null, `hello ${to}`) });
  const of = part<Given>(code);
  expect((await show(of)).errors).toEqual([away]);
  expect(code).toHaveBeenCalledTimes(1);
  for (const _ of [1, 2]) {
    const { html, errors } = await show(of);
    expect(html).toContain("hello you");
    expect(errors).toEqual([]);
  }
  expect(code).toHaveBeenCalledTimes(2);
});
