import { expect, test } from "vitest";
import { readDetails } from "./details";

test("a machine's images are texts, or the machine is at fault", () => {
  const image = { image_name: "tiny.qcow2", image_size: "20M", title: "Tiny", default: true };
  expect(readDetails({ version: "1.0", images: [image], gpu: {} })).toEqual({ version: "1.0", images: [image] });
  expect(readDetails({ version: "1.0", images: [] }).images).toEqual([]);
  for (const bad of [{ image_name: {} }, { image_size: 5 }, { title: [] }, { default: "yes" }])
    expect(() => readDetails({ version: "1.0", images: [{ ...image, ...bad }] })).toThrow();
  for (const bad of [null, {}, { version: "1.0", images: null }, { images: [] }])
    expect(() => readDetails(bad)).toThrow();
});
