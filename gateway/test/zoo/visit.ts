import type { Gateway } from "../support/gateway.ts";
import { Animal } from "./animal.ts";
import type { Kind } from "./kinds.ts";

/** What one client came to, column by column; `no` where it failed. */
export type Findings = Record<string, string>;

const channel = "chat:zoo";
const yes = (held: boolean): string => (held ? "yes" : "**no**");

/** Leads one client through all that a client meets. */
export async function visit(kind: Kind, folder: string, gateway: Gateway): Promise<Findings> {
  const user = `zoo-${Math.random().toString(36).slice(2)}`;
  const animal = new Animal(kind, folder, gateway.url, await gateway.token(user));
  try {
    const findings: Findings = { connects: yes(await animal.until(() => animal.of("welcome").length === 1)) };
    animal.emit("subscribe", { channel, id: "s" });
    findings["60 answers at once"] = await answers(animal);
    findings.order = await order(animal, gateway);
    findings.binary = await binary(animal);
    findings["back after `goodbye`"] = await comesBack(animal, gateway, user);
    findings["recovers by `since`"] = await recovers(animal, gateway);
    findings["stays away"] = await staysAway(animal, gateway, user);
    findings["a refusal is told"] = await refusal(kind, folder, gateway);
    return findings;
  } finally {
    animal.stop();
  }
}

async function answers(animal: Animal): Promise<string> {
  if (!(await animal.until(() => animal.lines.some(({ ack }) => ack === "s")))) return "**no**";
  for (let id = 0; id < 60; id += 1) animal.emit("publish", { channel, data: id, id: `p-${id}` });
  const own = () =>
    new Set(animal.lines.flatMap(({ ack, reply }) => (reply?.ok === true ? (ack ?? []) : [])));
  return yes(await animal.until(() => own().size === 61));
}

async function order(animal: Animal, gateway: Gateway): Promise<string> {
  const operations = Array.from({ length: 300 }, (_, data) => ({ publish: { channel, data: `o-${data}` } }));
  await gateway.call("POST", "/v1/batch", { operations });
  const seen = () =>
    animal
      .of("message")
      .flatMap(({ payload }) => (/^o-/.test(String(payload?.data)) ? [String(payload?.data)] : []));
  if (!(await animal.until(() => seen().length === 300))) return "**no**";
  const inversions = seen().filter(
    (data, index) => index > 0 && Number(data.slice(2)) < Number(seen()[index - 1]?.slice(2)),
  );
  return inversions.length === 0 ? "kept" : `**${inversions.length} inversions**`;
}

async function binary(animal: Animal): Promise<string> {
  animal.emit("publish", { channel, id: "b" }, "00ff10");
  const came = () =>
    animal.of("message").some(({ payload }) => JSON.stringify(payload?.data) === '{"bytes":"00ff10"}');
  return yes(await animal.until(came, 5_000));
}

async function comesBack(animal: Animal, gateway: Gateway, user: string): Promise<string> {
  const began = Date.now();
  await gateway.call("POST", "/v1/disconnect", { user, reconnect: true });
  if (!(await animal.until(() => animal.of("welcome").length === 2))) return "**no**";
  return `${((Number(animal.of("welcome")[1]?.at) - began) / 1_000).toFixed(1)} s`;
}

async function recovers(animal: Animal, gateway: Gateway): Promise<string> {
  const last = animal.of("message").at(-1)?.payload?.position;
  for (const data of ["r-1", "r-2"]) await gateway.call("POST", "/v1/publish", { channel, data });
  animal.emit("subscribe", { channel, since: last, id: "r" });
  const reply = () =>
    animal.lines.find(({ ack }) => ack === "r")?.reply as { messages?: { data: unknown }[] } | undefined;
  await animal.until(() => reply() !== undefined, 5_000);
  return yes(JSON.stringify(reply()?.messages?.map(({ data }) => data)) === '["r-1","r-2"]');
}

async function staysAway(animal: Animal, gateway: Gateway, user: string): Promise<string> {
  await gateway.call("POST", "/v1/disconnect", { user, reconnect: false });
  await animal.until(() => animal.of("goodbye").length === 2, 5_000);
  return yes(!(await animal.until(() => animal.of("welcome").length > 2, 8_000)));
}

async function refusal(kind: Kind, folder: string, gateway: Gateway): Promise<string> {
  const animal = new Animal(kind, folder, gateway.url, "no token");
  try {
    const told = () => animal.of("connect_error").some(({ payload }) => payload?.code === "unauthorized");
    if (!(await animal.until(told, 20_000))) return "**no**";
    return (await animal.until(() => animal.of("connect_error").length > 1, 6_000))
      ? "yes, **again and again**"
      : "yes, once";
  } finally {
    animal.stop();
  }
}
