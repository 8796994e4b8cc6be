import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { expect, test } from "vitest";

/**
 * order are the folders, of which each may import only those before it: what
 * everything needs, then data, then pages, then the frame around them.
 */
const order = [
  ...["gen", "money", "i18n", "node", "ui"],
  ...["chain", "wallet", "signing", "session", "machine", "rental", "vm"],
  ...["accounts", "rentals", "machines", "explain", "host", "developer"],
  "app",
];

const source = import.meta.dirname;

/** imports are those across folders: the file, and the folder that it imports. */
const imports = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && /[/\\]/.test(file) && !file.startsWith("gen"))
  .flatMap((file) =>
    [...readFileSync(join(source, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(
      ([, path = ""]) => [file, normalize(join(file, "..", path))] as const,
    ),
  )
  .filter(([, path]) => !path.startsWith(".."))
  .map(([file, path]) => ({ file, from: folder(file), to: folder(path) }))
  .filter(({ from, to }) => from !== to);

function folder(path: string): string {
  return path.split(/[/\\]/)[0] ?? "";
}

test("each folder has its place", () => {
  expect(imports.length).toBeGreaterThan(400);
  const all = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(all.map(({ name }) => name).sort()).toEqual([...order].sort());
});

test("folders import only those before them, so that no two import each other", () => {
  expect(imports.filter(({ from, to }) => order.indexOf(to) >= order.indexOf(from))).toEqual([]);
});
