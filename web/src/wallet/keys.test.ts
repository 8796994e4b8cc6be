import { expect, test } from "vitest";
import { tidyKey, tidyWords } from "./keys";

const words = `${"abandon ".repeat(11)}about`;
const list = words.split(" ");

test.each([
  words,
  `\n${words.toUpperCase()}\n`,
  list.join("\n"),
  list.join(", "),
  list.join("，"),
  list.map((word, n) => `${n + 1}. ${word}`).join(" "),
  list.join("\u00a0"),
  list.join("\u3000"),
  `"${words}"`,
  `Words:    ${words}`,
])("%j are the words", (text) => expect(tidyWords(text)).toBe(words));

test.each(["", list.slice(1).join(" "), words.replace("about", "abort"), `${words} about`])("%j are none", (text) =>
  expect(tidyWords(text)).toBeNull(),
);

test("a key", () => {
  expect(tidyKey(` 0x${"AB".repeat(32)} `)).toBe("ab".repeat(32));
  expect(tidyKey("ab".repeat(31))).toBeNull();
  expect(tidyKey("00".repeat(32))).toBeNull();
});
