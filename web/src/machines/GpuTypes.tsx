import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import type { MachinePage } from "../machine/api";
import { withParam } from "./filters";
import css from "./GpuTypes.module.css";
import { texts } from "./texts";

const messages = define({
  en: {
    gpuTypes: "GPU types",
    idleOf: (idle: string, total: string) => `${idle} idle of ${total}`,
  },
  zh: {
    gpuTypes: "GPU 类型",
    idleOf: (idle, total) => `空闲 ${idle} / 共 ${total}`,
  },
});

/** GpuTypes filters by GPU, and shows how many machines of each type are idle. */
export function GpuTypes({
  types,
  params,
  onChange,
}: {
  types: MachinePage["by_gpu_type"];
  params: URLSearchParams;
  onChange: (next: URLSearchParams) => void;
}) {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const format = useFormat();
  const chosen = params.getAll("gpu");
  const known = [
    ...types,
    ...chosen
      .filter((gpu) => !types.some((t) => t.gpu_type === gpu))
      .map((gpu_type) => ({ gpu_type, idle: 0, total: 0 })),
  ];
  const toggle = (gpu: string) =>
    onChange(
      withParam(params, "gpu", chosen.includes(gpu) ? chosen.filter((other) => other !== gpu) : [...chosen, gpu]),
    );
  return (
    <fieldset className={css.types}>
      <legend className="hidden">{m.gpuTypes}</legend>
      {known.map(({ gpu_type, idle, total }) => (
        <label key={gpu_type} className={css.type}>
          <input type="checkbox" checked={chosen.includes(gpu_type)} onChange={() => toggle(gpu_type)} />
          <span className={css.face}>
            <span className={css.name}>{gpu_type || w.noGpu}</span>
            <span className={`${css.count} ${idle > 0 ? css.idle : ""}`}>
              {m.idleOf(format.number(idle), format.number(total))}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
