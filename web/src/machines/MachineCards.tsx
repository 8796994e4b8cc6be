import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, useEffect, useRef } from "react";
import { Link } from "react-router";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { mainPrice, place, StateBadge } from "./columns";
import css from "./MachineCards.module.css";
import type { MachineList } from "./MachineTable";
import { texts } from "./texts";
import { gpuWords, leastVram } from "./words";

const messages = define({
  en: {
    memoryOf: (size: string) => `${size} memory`,
  },
  zh: {
    memoryOf: (size) => `内存 ${size}`,
  },
});

const cardHeight = 124;
const ahead = 20;

/** MachineCards shows the list on a phone. */
export function MachineCards({ machines, hasMore, readMore, dim }: MachineList) {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const format = useFormat();
  const list = useRef<HTMLUListElement>(null);
  const virtual = useWindowVirtualizer({
    count: machines.length,
    estimateSize: () => cardHeight,
    overscan: 8,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= machines.length - ahead) readMore();
  }, [last, machines.length, hasMore, readMore]);
  return (
    <ul
      ref={list}
      className={`${css.list} ${dim ? css.dim : ""}`}
      style={{ "--height": `${virtual.getTotalSize()}px` } as CSSProperties}
    >
      {items.map((item) => {
        const machine = machines[item.index];
        if (!machine) return null;
        const vram = leastVram(machine);
        return (
          <li
            key={machine.machine_id}
            ref={virtual.measureElement}
            data-index={item.index}
            style={{ "--top": `${item.start - virtual.options.scrollMargin}px` } as CSSProperties}
          >
            <Link to={`/machines/${machine.machine_id}`} className={css.card}>
              <span className={css.top}>
                <strong>{gpuWords(machine.slots) || w.noGpu}</strong>
                <StateBadge machine={machine} m={w} />
              </span>
              <span className="muted small">
                {[
                  vram ? w.vramOf(format.gib(vram)) : "",
                  w.cores(format.number(machine.cpu_cores)),
                  m.memoryOf(format.gib(machine.memory_mib)),
                  place(machine, format),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
              <span className={css.top}>
                <span className="small">
                  {w.column.free}: {w.freeOf(machine.free_slots.length, machine.slots.length)}
                </span>
                <strong className="num">{mainPrice(machine, w, format)}</strong>
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
