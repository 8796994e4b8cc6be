import { expect, test } from "vitest";
import { shownColumns } from "./columns";
import { toQuery, withParam } from "./filters";

test("what can be rented now, cheapest first, unless the address says otherwise", () => {
  expect(toQuery(new URLSearchParams()).query).toEqual({
    filters: { state: "online", free_slots_min: "1" },
    order: "price_per_day",
  });
  expect(toQuery(new URLSearchParams("show=all&sort=-vram_mib")).query).toEqual({ filters: {}, order: "-vram_mib" });
});

test("units of people become those of the chain", () => {
  const { query, invalid } = toQuery(
    new URLSearchParams("show=online&gpu=RTX 4090&gpu=&vram=24&memory=６４&price=12.5&country=ｄｅ"),
  );
  expect(query.filters).toEqual({
    state: "online",
    gpu_type: ["RTX 4090", ""],
    vram_mib_min: "24576",
    memory_mib_min: "65536",
    price_per_day_max: "12500000",
    country: "DE",
  });
  expect(invalid).toEqual([]);
});

test("each price has a bound and an order of its own", () => {
  const { query, invalid } = toQuery(
    new URLSearchParams("show=all&gpuHour=0.5&machineDay=１００&price=12.5&sort=-gpu_price_per_day"),
  );
  expect(query).toEqual({
    filters: {
      gpu_price_per_day_max: "12000000",
      machine_price_per_day_max: "100000000",
      price_per_day_max: "12500000",
    },
    order: "-gpu_price_per_day",
  });
  expect(invalid).toEqual([]);
});

test("what is no number filters nothing and is named", () => {
  const { query, invalid } = toQuery(new URLSearchParams("show=all&cpu=many&price=x&sort=drop table"));
  expect(query).toEqual({ filters: {}, order: "price_per_day" });
  expect(invalid).toEqual(["cpu", "price"]);
});

test("an exit notice is typed like a duration, and none is no bound", () => {
  const of = (notice: string) => toQuery(new URLSearchParams({ show: "all", notice, sort: "exit_notice_seconds" }));
  for (const [text, seconds] of Object.entries({ "1h": 3_600, "２ｄ": 172_800, "1天": 86_400, "7": 604_800 }))
    expect(of(text), text).toEqual({
      query: { filters: { exit_notice_seconds_max: String(seconds) }, order: "exit_notice_seconds" },
      invalid: [],
    });
  for (const text of ["0", "0h", "none", "59m", "-1h"]) {
    expect(of(text).query.filters, text).toEqual({});
    expect(of(text).invalid, text).toEqual(["notice"]);
  }
});

test("the exit notice is shown where it is asked for, unless columns are chosen", () => {
  const shown = (address: string) => shownColumns(new URLSearchParams(address)).includes("notice");
  expect([shown(""), shown("notice=1h"), shown("notice=1h&cols=gpu,free"), shown("cols=gpu,notice")]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test("an empty value leaves the address", () => {
  expect(withParam(new URLSearchParams("cpu=4&gpu=A"), "cpu", "").toString()).toBe("gpu=A");
  expect(withParam(new URLSearchParams(), "gpu", ["A", ""]).toString()).toBe("gpu=A&gpu=");
});
