import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, CircleCheck, CircleSlash } from "lucide-react";
import { Link, useParams } from "react-router";
import { useFormat } from "../i18n/format";
import { useMessages } from "../i18n/messages";
import { useMeta } from "../node/meta";
import { RentCard } from "../rentals/RentCard";
import { callMachine } from "../session/machine";
import { Badge } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { LinkButton } from "../ui/Button";
import { Hash } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Columns, Facts, Page, Row, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { findMachine, type Machine } from "./api";
import { place, prices, StateBadge } from "./columns";
import css from "./MachinePage.module.css";
import { messages } from "./messages";
import { gpuWords } from "./words";

/** Details is what a machine says of itself. */
export interface Details {
  images: { image_name: string; image_size: string }[];
  version: string;
}

/** useDetails asks the machine itself, without authority. */
export function useDetails(machineId: string) {
  const meta = useMeta();
  return useQuery({
    queryKey: ["details", machineId],
    queryFn: ({ signal }) =>
      callMachine<Details>({ chainId: meta?.chain_id ?? "", machineId }, "/api/v1/mining_nodes", {}, undefined, signal),
    enabled: meta !== undefined,
    staleTime: 30_000,
    retry: 1,
  });
}

/** MachinePage is one machine: what one gets, whether it is there, what it costs. */
export default function MachinePage() {
  const m = useMessages(messages);
  const { machineId = "" } = useParams();
  const id = machineId.replace(/^0x/, "").toLowerCase();
  const found = useQuery({
    queryKey: ["machine", id],
    queryFn: async ({ signal }) => (await findMachine(id, signal)) ?? null,
    refetchInterval: 8_000,
  });
  if (found.isPending) return <Loading label={m.loading} />;
  if (found.isError && !found.data) return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data)
    return (
      <Empty
        title={m.notFound}
        action={
          <LinkButton variant="primary" to="/machines">
            {m.backToList}
          </LinkButton>
        }
      />
    );
  return <Shown machine={found.data} />;
}

function Shown({ machine }: { machine: Machine }) {
  const m = useMessages(messages);
  const format = useFormat();
  return (
    <Page
      before={
        <Link to="/machines" className={css.back}>
          <ArrowLeft aria-hidden="true" /> {m.backToList}
        </Link>
      }
      title={gpuWords(machine.slots) || m.noGpu}
      lead={prices(machine, m, format)}
      actions={<StateBadge machine={machine} m={m} />}
    >
      {machine.state !== "online" && (
        <Banner tone="warn">
          {machine.offline_since
            ? m.offlineSince(format.time(new Date(machine.offline_since)))
            : m.stateWhy[machine.state]}
        </Banner>
      )}
      {machine.slots[0]?.kind === "test" && <Banner tone="info">{m.testSlots}</Banner>}
      {machine.drain_from && <Banner tone="warn">{m.drain(format.time(new Date(machine.drain_from)))}</Banner>}
      <Columns side={<RentCard machine={machine} />}>
        <Card title={m.hardware}>
          <Stack>
            <Facts
              rows={[
                [m.cpuModel, machine.cpu_model || "–"],
                [m.cpuCores, m.cores(format.number(machine.cpu_cores))],
                [m.memory, format.gib(machine.memory_mib)],
                [m.systemDisk, format.gib(machine.system_disk_gib * 1024)],
                [m.dataDisk, format.gib(machine.data_disk_gib * 1024)],
                [
                  m.bandwidth,
                  machine.download_mbps
                    ? `${m.mbps(format.number(machine.download_mbps), format.number(machine.upload_mbps))} Mbit/s`
                    : "–",
                ],
                [m.location, place(machine, format)],
                [m.networks, machine.operators.join(", ") || "–"],
                [m.delivery, m.deliveries[machine.delivery] ?? m.unknownDelivery(machine.delivery)],
                [m.features, machine.features.map((f) => m.featureNames[f] ?? m.unknownFeature(f)).join(", ") || "–"],
                [m.keptDisks, m.keepPolicies[machine.keep_disk_policy]],
                [m.ports, `${machine.port_first}–${machine.port_last}`],
              ]}
            />
            {machine.slots.length > 1 && <p className="muted small">{m.share}</p>}
          </Stack>
        </Card>
        <Card title={m.slots}>
          <ul className={css.slots}>
            {machine.slots.map((slot, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
              <li key={n}>
                <span className={css.slotName}>{m.slot(n)}</span>
                <strong>{gpuWords([slot]) || m.noGpu}</strong>
                {slot.vram_mib > 0 && <span className="muted small">{m.vramOf(format.gib(slot.vram_mib))}</span>}
                <Badge tone={machine.free_slots.includes(n) ? "good" : "neutral"}>
                  {machine.free_slots.includes(n) ? m.slotFree : m.slotTaken}
                </Badge>
              </li>
            ))}
          </ul>
        </Card>
        <Reach machineId={machine.machine_id} />
        <Card title={m.who}>
          <Facts
            rows={[
              [m.id, <Hash key="id" text={machine.machine_id} what={m.id} />],
              [m.owner, <Hash key="owner" text={machine.owner} what={m.owner} head={8} />],
              [m.operator, <Hash key="operator" text={machine.operator} what={m.operator} head={8} />],
              [m.address, machine.public_ip || "–"],
              [m.stake, format.dbc(BigInt(machine.stake))],
              [m.listing, format.number(machine.listing_version)],
            ]}
          />
        </Card>
      </Columns>
    </Page>
  );
}

/** Reach tells whether the machine answers now, and what images it has. */
function Reach({ machineId }: { machineId: string }) {
  const m = useMessages(messages);
  const format = useFormat();
  const details = useDetails(machineId);
  return (
    <Card title={m.now}>
      {details.isPending && <p className="muted">{m.asking}</p>}
      {details.isError && (
        <Stack gap={10}>
          <Row className={css.bad}>
            <CircleSlash aria-hidden="true" /> {m.unreachable}
          </Row>
          <ErrorNote error={details.error} onRetry={() => void details.refetch()} />
        </Stack>
      )}
      {details.data && (
        <Stack gap={12}>
          <Row className={css.good}>
            <CircleCheck aria-hidden="true" /> {m.reach(format.number(details.data.tookMs))}
          </Row>
          <div>
            <h3>{m.images}</h3>
            {details.data.message.images.length === 0 ? (
              <p className="muted">{m.noImages}</p>
            ) : (
              <ul className={css.images}>
                {details.data.message.images.map((image) => (
                  <li key={image.image_name}>
                    <code>{image.image_name}</code> <span className="muted small">{image.image_size}</span>
                  </li>
                ))}
              </ul>
            )}
          </div>
        </Stack>
      )}
    </Card>
  );
}
