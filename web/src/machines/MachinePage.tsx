import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, CircleCheck, CircleSlash } from "lucide-react";
import { Link, useParams } from "react-router";
import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/dbc/machine/v1/query_pb";
import { useFormat } from "../i18n/format";
import { define, useMessages } from "../i18n/messages";
import { findMachine, type Machine } from "../machine/api";
import { useDetails } from "../machine/details";
import { imageName } from "../machine/images";
import { RentCard } from "../rentals/RentCard";
import { Badge } from "../ui/Badge";
import { Banner } from "../ui/Banner";
import { Boundary } from "../ui/Boundary";
import { LinkButton } from "../ui/Button";
import { Hash } from "../ui/Copy";
import { Empty } from "../ui/Empty";
import { ErrorNote } from "../ui/ErrorNote";
import { Card, Columns, Facts, Page, Row, Stack } from "../ui/Layout";
import { Loading } from "../ui/Spinner";
import { place, prices, StateBadge } from "./columns";
import css from "./MachinePage.module.css";
import { texts } from "./texts";
import { gpuWords } from "./words";

const messages = define({
  en: {
    notFound: "There is no machine with this id",
    backToList: "All machines",
    hardware: "What you get",
    slots: "Slots",
    slot: (n: number) => `Slot ${n}`,
    slotFree: "Free",
    slotTaken: "Rented",
    slotOut: "Out of service",
    slotOutWhy: "Slots out of service are not rented out; those that are rented stay so until the end.",
    cpuModel: "Processor",
    cpuCores: "CPU cores",
    memory: "Memory",
    systemDisk: "System disk",
    dataDisk: "Data disk",
    bandwidth: "Download / upload",
    location: "Location",
    networks: "Networks",
    ports: "Ports for you",
    testSlots: "The GPUs of this machine are made up, for tests: a virtual machine here gets none.",
    delivery: "You are given",
    deliveries: { vm: "Virtual machines" } as Record<string, string>,
    unknownDelivery: (n: string) => `What this version does not know (number ${n})`,
    features: "Features",
    featureNames: { uefi: "UEFI boot" } as Record<string, string>,
    unknownFeature: (n: string) => `number ${n}, unknown to this version`,
    keptDisks: "Disks after a rental",
    keepPolicies: {
      firm: "Kept for ten days, or as long as the rental was if that is shorter",
      evict:
        "Kept for ten days, or as long as the rental was if that is shorter; the oldest go earlier when a new virtual machine needs the room",
    },
    address: "Address",
    owner: "Owner",
    operator: "Operator",
    stake: "Stake of the host",
    listing: "Listing version",
    id: "Machine id",
    who: "Who runs it",
    share: "A slot gives you its part of processor, memory and disk; the whole machine gives you all.",
    now: "Asked just now",
    reach: (ms: string) => `The machine answered in ${ms} ms, signed by its key`,
    unreachable: "The machine does not answer through this client node",
    asking: "Asking the machine…",
    images: "Guest images",
    defaultImage: "(default)",
    noImages: "This host has no guest images ready.",
    drain: (when: string) => `The host closes this machine: no rental reaches beyond ${when}.`,
    offlineSince: (when: string) => `Offline since ${when}. It can't be rented now.`,
    stateWhy: {
      bonded: "The host has not opened this machine for rentals yet.",
      offline: "The machine is offline.",
      retired: "The host has retired this machine.",
    },
  },
  zh: {
    notFound: "没有此 ID 的机器",
    backToList: "全部机器",
    hardware: "机器参数",
    slots: "卡位",
    slot: (n) => `卡位 ${n}`,
    slotFree: "空闲",
    slotTaken: "已租",
    slotOut: "停用",
    slotOutWhy: "停用的卡位不再出租；已租出的到期前不受影响。",
    cpuModel: "处理器",
    cpuCores: "CPU 核数",
    memory: "内存",
    systemDisk: "系统盘",
    dataDisk: "数据盘",
    bandwidth: "下行 / 上行",
    location: "位置",
    networks: "网络运营商",
    ports: "可用端口",
    testSlots: "此机器的 GPU 是测试用的虚构设备，虚拟机不会获得任何 GPU。",
    delivery: "交付形式",
    deliveries: { vm: "虚拟机" },
    unknownDelivery: (n) => `此版本未知的形式（编号 ${n}）`,
    features: "特性",
    featureNames: { uefi: "UEFI 启动" },
    unknownFeature: (n) => `编号 ${n}（此版本未知）`,
    keptDisks: "租用结束后的磁盘",
    keepPolicies: {
      firm: "保留十天；若租期更短，则保留与租期相同的时间",
      evict: "保留十天；若租期更短，则保留与租期相同的时间。新虚拟机需要空间时，最早的磁盘会提前删除",
    },
    address: "地址",
    owner: "所有者",
    operator: "运维账户",
    stake: "出租方质押",
    listing: "挂牌版本",
    id: "机器 ID",
    who: "由谁提供",
    share: "每个卡位包含相应份额的处理器、内存和磁盘；整机则包含全部。",
    now: "刚刚查询",
    reach: (ms) => `机器在 ${ms} 毫秒内应答，并由其密钥签名`,
    unreachable: "通过此客户端节点无法连接该机器",
    asking: "正在连接机器……",
    images: "系统镜像",
    defaultImage: "（默认）",
    noImages: "该机器没有可用镜像。",
    drain: (when) => `出租方将停止出租此机器：租用不得晚于 ${when}。`,
    offlineSince: (when) => `自 ${when} 起离线，目前不可租用。`,
    stateWhy: { bonded: "出租方尚未开放此机器。", offline: "机器离线。", retired: "此机器已退役。" },
  },
});

/**
 * MachinePage shows one machine: what it offers, whether it is online, what it
 * costs.
 */
export default function MachinePage() {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const { machineId = "" } = useParams();
  const id = machineId.replace(/^0x/, "").toLowerCase();
  const found = useQuery({
    queryKey: ["machine", id],
    queryFn: async ({ signal }) => (await findMachine(id, signal)) ?? null,
    refetchInterval: 8_000,
  });
  if (found.isPending) return <Loading label={w.loading} />;
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
  const w = useMessages(texts);
  const format = useFormat();
  return (
    <Page
      before={
        <Link to="/machines" className={css.back}>
          <ArrowLeft aria-hidden="true" /> {m.backToList}
        </Link>
      }
      title={gpuWords(machine.slots) || w.noGpu}
      lead={prices(machine, w, format)}
      actions={<StateBadge machine={machine} m={w} />}
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
                [m.cpuCores, w.cores(format.number(machine.cpu_cores))],
                [m.memory, format.gib(machine.memory_mib)],
                [m.systemDisk, format.gib(machine.system_disk_gib * 1024)],
                [m.dataDisk, format.gib(machine.data_disk_gib * 1024)],
                [
                  m.bandwidth,
                  machine.download_mbps
                    ? `${w.mbps(format.number(machine.download_mbps), format.number(machine.upload_mbps))} Mbit/s`
                    : "–",
                ],
                [m.location, place(machine, format)],
                [m.networks, machine.operators.join(", ") || "–"],
                [
                  m.delivery,
                  Object.hasOwn(m.deliveries, machine.delivery)
                    ? m.deliveries[machine.delivery]
                    : m.unknownDelivery(machine.delivery),
                ],
                [
                  m.features,
                  machine.features
                    .map((f) => (Object.hasOwn(m.featureNames, f) ? m.featureNames[f] : m.unknownFeature(f)))
                    .join(", ") || "–",
                ],
                [m.keptDisks, m.keepPolicies[machine.keep_disk_policy]],
                [m.ports, `${machine.port_first}–${machine.port_last}`],
              ]}
            />
            {machine.slots.length > 1 && <p className="muted small">{m.share}</p>}
          </Stack>
        </Card>
        <Slots machine={machine} />
        <Boundary>
          <Reach machineId={machine.machine_id} />
        </Boundary>
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

/** Slots lists a machine's slots: free, rented, or out of service, which only the chain says. */
function Slots({ machine }: { machine: Machine }) {
  const m = useMessages(messages);
  const w = useMessages(texts);
  const format = useFormat();
  const found = useChainQuery(Query.method.machine, { machineId: machine.machine_id });
  const out = found.data?.listing?.machine?.outOfService ?? [];
  return (
    <Card title={m.slots}>
      <ul className={css.slots}>
        {machine.slots.map((slot, n) => {
          const free = machine.free_slots.includes(n);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
            <li key={n}>
              <span className={css.slotName}>{m.slot(n)}</span>
              <strong>{gpuWords([slot]) || w.noGpu}</strong>
              {slot.vram_mib > 0 && <span className="muted small">{w.vramOf(format.gib(slot.vram_mib))}</span>}
              {out.includes(n) ? (
                <Badge tone="warn">{m.slotOut}</Badge>
              ) : (
                <Badge tone={free ? "good" : "neutral"}>{free ? m.slotFree : m.slotTaken}</Badge>
              )}
            </li>
          );
        })}
      </ul>
      {out.length > 0 && <p className="muted small">{m.slotOutWhy}</p>}
    </Card>
  );
}

/** Reach shows whether the machine answers now, and which images it has. */
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
                    {imageName(image, details.data.message.images)}{" "}
                    <span className="muted small">
                      <code>{image.image_name}</code> {image.image_size} {image.default && m.defaultImage}
                    </span>
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
