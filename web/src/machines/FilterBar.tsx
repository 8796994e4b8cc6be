import { SlidersHorizontal, X } from "lucide-react";
import { useState } from "react";
import { define, useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Choices } from "../ui/Choices";
import { TextField } from "../ui/Field";
import { Card, Row, Stack } from "../ui/Layout";
import { useAddressText } from "../ui/useAddressText";
import {
  type Availability,
  availability,
  durationFilters,
  type FilterName,
  numberFilters,
  priceFilters,
  textFilters,
  withParam,
} from "./filters";
import css from "./MachinesPage.module.css";
import { texts } from "./texts";

const messages = define({
  en: {
    show: "Show",
    shows: { free: "Free now", online: "Online", all: "All" },
    filters: "Filters",
    filter: {
      gpus: "GPUs, at least",
      vram: "VRAM of a GPU, GiB",
      cpu: "CPU cores",
      memory: "Memory, GiB",
      disk: "Data disk, GiB",
      down: "Download, Mbit/s",
      up: "Upload, Mbit/s",
      gpuHour: "Per GPU and hour, at most",
      machineDay: "Whole machine per day, at most",
      price: "Per slot and day, at most",
      notice: "Exit notice, at most",
      country: "Country (two letters)",
      city: "City",
      owner: "Owner's address",
      operator: "Operator's address",
    },
    bad: "A whole number",
    badPrice: "An amount of DBC",
    badDuration: "A time of at least an hour, such as 1h or 2d",
  },
  zh: {
    show: "显示",
    shows: { free: "当前可租", online: "在线", all: "全部" },
    filters: "筛选",
    filter: {
      gpus: "GPU 数量，至少",
      vram: "单卡显存，GiB",
      cpu: "CPU 核数",
      memory: "内存，GiB",
      disk: "数据盘，GiB",
      down: "下行，Mbit/s",
      up: "上行，Mbit/s",
      gpuHour: "每 GPU 每小时，最高",
      machineDay: "整机每天，最高",
      price: "每卡位每天，最高",
      notice: "退租通知期，最长",
      country: "国家（两个字母）",
      city: "城市",
      owner: "所有者地址",
      operator: "运维账户地址",
    },
    bad: "请输入整数",
    badPrice: "请输入 DBC 金额",
    badDuration: "请输入不短于一小时的时间，如 1h 或 2d",
  },
});

const fields: readonly FilterName[] = [
  ...numberFilters.map((f) => f.name),
  ...priceFilters.map((f) => f.name),
  ...durationFilters.map((f) => f.name),
  ...textFilters,
];

/** FilterBar filters the list. Every change is written to the address. */
export function FilterBar({
  params,
  invalid,
  onChange,
}: {
  params: URLSearchParams;
  invalid: readonly FilterName[];
  onChange: (next: URLSearchParams, options?: { replace: boolean }) => void;
}) {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const used = fields.filter((name) => params.has(name));
  const [open, setOpen] = useState(used.length > 0);
  const clear = () => {
    const next = new URLSearchParams();
    for (const kept of ["cols", "sort"]) if (params.has(kept)) next.set(kept, params.get(kept) ?? "");
    onChange(next);
  };
  return (
    <Stack gap={12}>
      <Row gap={12} className={css.filters}>
        <Choices<Availability>
          label={m.show}
          hideLabel
          value={availability(params)}
          onChange={(value) => onChange(withParam(params, "show", value === "free" ? "" : value))}
          choices={(["free", "online", "all"] as const).map((value) => ({ value, label: m.shows[value] }))}
        />
        <Button
          icon={<SlidersHorizontal aria-hidden="true" />}
          aria-expanded={open}
          aria-controls="filters"
          onClick={() => setOpen(!open)}
        >
          {m.filters}
          {used.length > 0 && ` (${used.length})`}
        </Button>
        {(used.length > 0 || params.has("gpu") || params.has("show")) && (
          <Button variant="ghost" icon={<X aria-hidden="true" />} onClick={clear}>
            {w.clear}
          </Button>
        )}
      </Row>
      {open && (
        <Card label={m.filters}>
          <div id="filters" className={css.fields}>
            {fields.map((name) => (
              <FilterField
                key={name}
                name={name}
                value={params.get(name) ?? ""}
                bad={invalid.includes(name)}
                onChange={(value) => onChange(withParam(params, name, value), { replace: true })}
              />
            ))}
          </div>
        </Card>
      )}
    </Stack>
  );
}

function FilterField({
  name,
  value,
  bad,
  onChange,
}: {
  name: FilterName;
  value: string;
  bad: boolean;
  onChange: (text: string) => void;
}) {
  const m = useMessages(messages);
  const isPrice = priceFilters.some((filter) => filter.name === name);
  const isDuration = durationFilters.some((filter) => filter.name === name);
  const isText = isDuration || (textFilters as readonly string[]).includes(name);
  return (
    <TextField
      {...useAddressText(value, onChange)}
      label={m.filter[name]}
      inputMode={isText ? "text" : "decimal"}
      maxLength={name === "country" ? 2 : 70}
      autoComplete="off"
      suffix={isPrice ? "DBC" : undefined}
      error={bad && (isPrice ? m.badPrice : isDuration ? m.badDuration : m.bad)}
    />
  );
}
