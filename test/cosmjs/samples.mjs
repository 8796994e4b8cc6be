// One or two values of every message: with all fields set, and with few.
const bytes = (n) => Uint8Array.from({ length: 64 }, (_, i) => (i * 7 + n) & 0xff);
const machine = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";
const other = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";

const slot = (n) => ({ kind: "SLOT_KIND_GPU", gpu_type: "RTX 4090", gpu_ids: [`GPU-${n}`, `GPU-${n}b`], gpu_count: 2, vram_mib: "24564" });

export const facts = {
  slots: [slot(1), slot(2)],
  cpu_model: "EPYC 7543 <&> “quoted” é 中",
  cpu_cores: 24,
  cpu_mhz: 3700,
  memory_mib: "65536",
  system_disk_gib: "480",
  data_disk_gib: "9007199254740993",
  upload_mbps: 900,
  download_mbps: 1000,
  country: "DE",
  city: "Köln",
  longitude_e4: -69603,
  latitude_e4: 509375,
  operators: ["DTAG", "AS3320"],
  multiaddrs: ["/ip4/192.0.2.1/udp/5011/quic-v1"],
  public_ip: "192.0.2.1",
  port_first: 5200,
  port_last: 32767,
  keep_disk_policy: "KEEP_DISK_POLICY_EVICT",
  features: ["FEATURE_UEFI", 40000], // the second is from a later version
  delivery: 300,
  inventory_hash: bytes(5).slice(0, 32),
};

const bond = (signer, id) => ({
  machine_id: id, operator: signer, payout: signer, facts, price_per_day: "24000000", exit_notice_seconds: "86400", bond_seq: "18446744073709551615", expiry: "1764000000", signature: bytes(1),
});

const seconds = (n) => ({ seconds: String(n) });

export function samples(signer) {
  const g = (name, value) => ({ typeUrl: `/dbc.guard.v1.Msg${name}`, value });
  const m = (name, value) => ({ typeUrl: `/dbc.machine.v1.Msg${name}`, value });
  const r = (name, value) => ({ typeUrl: `/dbc.rental.v1.Msg${name}`, value });
  return {
    "bond two": m("BondMachines", { owner: signer, bonds: [bond(signer, machine), bond(signer, other)] }),
    "bond a machine without GPUs": m("BondMachines", {
      owner: signer,
      bonds: [{ machine_id: machine, operator: signer, payout: signer, facts: { slots: [{ kind: "SLOT_KIND_NONE" }] }, bond_seq: "1", signature: bytes(2) }],
    }),
    "update facts": m("UpdateFacts", { operator: signer, machine_id: machine, facts, bond_seq: "2", expiry: "1764000000", signature: bytes(3) }),
    "set prices": m("SetPrice", { operator: signer, prices: [{ machine_id: machine, price_per_day: "1", exit_notice_seconds: "3600" }, { machine_id: other }] }),
    "set online": m("SetOnline", { operator: signer, machine_id: machine, expiry: "1764000000", signature: bytes(4) }),
    "set slots": m("SetSlots", { operator: signer, machine_id: machine, out_of_service: [0, 3] }),
    "put slots back": m("SetSlots", { operator: signer, machine_id: machine, in_service: [0, 3] }),
    "set offline": m("SetOffline", { operator: signer, machine_id: machine }),
    drain: m("Drain", { operator: signer, machine_ids: [machine, other], from: { seconds: "1764000000", nanos: 120_000_000 } }),
    "lift a drain": m("Drain", { operator: signer, machine_ids: [machine] }),
    challenge: m("Challenge", { challenger: signer, machine_id: machine }),
    answer: m("AnswerChallenge", { operator: signer, machine_id: machine, challenge_id: "7", height: "9007199254740993", signature: bytes(5) }),
    "add stake": m("AddStake", { sender: signer, machine_id: machine, amount: "18446744073709551615" }),
    retire: m("Retire", { owner: signer, machine_id: machine }),
    "withdraw stake": m("WithdrawStake", { owner: signer, machine_id: machine }),
    "release a gpu": m("ReleaseGPU", { authority: signer, gpu_id: "GPU-1" }),
    "parameters of machines": m("UpdateParams", {
      authority: signer,
      params: {
        stake_base: "1000000000", stake_per_slot: "1000000000", answer_window: seconds(600), challenge_deposit: "5000000", drain_notice: seconds(86400),
        unbonding_time: seconds(604800), gpu_cooldown: seconds(86400), max_block_gap: { seconds: "60", nanos: 1 }, max_due_per_block: 100,
        stake_days: 12, reward_interval: seconds(86400),
      },
    }),
    "rent slots": r("RentMachine", { renter: signer, machine_id: machine, duration_seconds: "259200", slots: 2, max_total: "18446744073709551615", listing_version: "3" }),
    "rent whole": r("RentMachine", { renter: signer, machine_id: machine, duration_seconds: "3600" }),
    "confirm by id": r("ConfirmRent", { renter: signer, rent_id: "1" }),
    "confirm by machine": r("ConfirmRent", { renter: signer, machine_id: machine }),
    cancel: r("CancelRent", { renter: signer, rent_id: "18446744073709551615" }),
    "cancel for a cause": r("CancelRent", { renter: signer, machine_id: machine, cause: "CAUSE_MISMATCH" }),
    leave: r("LeaveRental", { renter: signer, rent_id: "18446744073709551615" }),
    "leave by machine": r("LeaveRental", { renter: signer, machine_id: machine }),
    relet: r("ReletMachine", { renter: signer, rent_id: "1", add_duration_seconds: "86400", max_total: "5", listing_version: "1" }),
    "relet by machine": r("ReletMachine", { renter: signer, machine_id: machine, add_duration_seconds: "86400" }),
    break: r("BreakRental", { signer, rent_id: "1" }),
    claim: r("ClaimRent", { signer, rent_ids: ["1", "2", "9007199254740993"] }),
    "claim nothing": r("ClaimRent", { signer }),
    "parameters of rentals": r("UpdateParams", {
      authority: signer,
      params: {
        fee: "10000000", trial_fee_ratio_bps: 1, trial_window: seconds(1800), duration_unit: seconds(1800), min_duration: seconds(3600), max_duration: seconds(5184000),
        max_segments: 32, max_open_trials: 5, trial_cooldown: seconds(86400), max_outage: seconds(3600), min_penalty: "10000000", penalty_ratio_bps: 1000,
        max_due_per_block: 500, history: seconds(7776000), max_prune_per_block: 100,
      },
    }),
    "parameters of rentals, all zero": r("UpdateParams", {
      authority: signer,
      params: { trial_window: {}, duration_unit: {}, min_duration: {}, max_duration: {}, trial_cooldown: {}, max_outage: {}, history: {} },
    }),
    "pause rentals": g("PauseRentals", { signer, until: { seconds: "1764000000", nanos: 120_000_000 } }),
    "resume rentals": g("ResumeRentals", { signer }),
    "parameters of the guard": g("UpdateParams", {
      authority: signer,
      params: { min_gas_price: "18446744073709551615", guardian: signer, max_pause: seconds(259200), pause_cooldown: { seconds: "604800", nanos: 1 } },
    }),
    "parameters of the guard, all zero": g("UpdateParams", { authority: signer, params: { max_pause: {}, pause_cooldown: {} } }),
  };
}
