import { expect, test } from "vitest";

import { type Image, imageName, preferred } from "./images";

const of = (image_name: string, more: Partial<Image> = {}): Image => ({ image_name, image_size: "1M", ...more });

test("images have names and versions, and files' names where those are alike or missing", () => {
  const ubuntu = of("ubuntu.qcow2", { title: "Ubuntu", version: "24.04 LTS", default: true });
  const debian = of("debian-12.qcow2", { title: "Debian", version: "12" });
  expect(imageName(ubuntu, [ubuntu, debian])).toBe("Ubuntu 24.04 LTS");
  expect(imageName(ubuntu, [ubuntu, debian, { ...ubuntu, image_name: "ubuntu-24.04.qcow2" }])).toBe(
    "Ubuntu 24.04 LTS (ubuntu.qcow2)",
  );
  expect(imageName(of("x.qcow2"), [of("x.qcow2")])).toBe("x.qcow2");
});

test("the machine's default is chosen, else the first", () => {
  expect(preferred([of("a.qcow2"), of("b.qcow2", { default: true })])).toBe("b.qcow2");
  expect(preferred([of("a.qcow2"), of("b.qcow2")])).toBe("a.qcow2");
  expect(preferred([])).toBe("");
});
