import { z } from "zod";
import { batchShape, hookShape, keepShape, limitsShape, settle } from "../src/config/hook-shape.ts";
import { historyShape, presenceShape, rateShape, ruleShape } from "../src/config/rule-shape.ts";
import { topics } from "../src/config/schema.ts";
import type { Setting } from "../src/config/setting.ts";
import { generatedNote, table } from "./markdown.ts";

const intro = `Settings are environment variables; an empty one counts as not set. A setting marked *file* can be read from a
file instead: \`TIDEGATE_API_KEYS_FILE=/run/secrets/keys\` in place of \`TIDEGATE_API_KEYS\`. Everything that is wrong
is told at once, and the gateway does not start. A value of a setting marked *secret* is never shown.

Durations are written \`200ms\`, \`90s\`, \`5m\`, \`1h\` or \`30d\`; sizes \`64KiB\`, \`1MiB\` or plain bytes.

With \`NODE_ENV=production\` a token key (\`TIDEGATE_TOKEN_SECRET\`, \`TIDEGATE_TOKEN_PUBLIC_KEY\` or
\`TIDEGATE_TOKEN_JWKS_URL\`), \`TIDEGATE_API_KEYS\` and \`TIDEGATE_REDIS_URL\` have to be set.

A Kubernetes Service called \`tidegate\` puts \`TIDEGATE_PORT=tcp://…\` into every pod of its namespace; set
\`enableServiceLinks: false\` on the pod.`;

/** A file of rules that shows every key of a rule. */
export const rulesExample = `channels:
  - match: "chat:*"
    subscribe: user
    publish: subscriber
    presence: subscriber
    history: {size: 200, ttl: 30m, read: subscriber}
    rate: {publish: 10/s, burst: 20}
  - match: "quote:*"
    subscribe: anyone
    publish: nobody
    history: {size: 1, ttl: 1h}
    latest: true
    conflate: 200ms
  - match: "user:*"
    history: {size: 500, ttl: 1h}
`;

const rulesIntro = `\`TIDEGATE_CONFIG\` names a YAML file. The first rule whose \`match\` fits a channel's name holds for it; a channel that
no rule fits is \`unknown_channel\`. A fault is told with its line, column and path, and what was expected there.

\`\`\`yaml
${rulesExample}\`\`\`

\`anyone\` includes anonymous users; \`user\` means authenticated; \`subscriber\` is who is subscribed; \`token\` asks for a
channel token or an \`allow\` claim; of \`hook\` a backend decides, see [HOOKS](HOOKS.md). A rule whose \`match\` begins \`user:\` is about users' own channels and may have
\`history\` only, with \`size\` and \`ttl\`.`;

/** The other keys of the file. */
export const hooksExample = `channels:
  - match: "order:*"
    subscribe: hook
    publish: hook
hooks:
  - name: orders
    url: https://app.example.com/tidegate/ask
    ask: [connect, subscribe, publish, request]
    channels: "order:*"
    timeout: 1s
  - name: crm
    url: https://app.example.com/tidegate/events
    tell: [connected, disconnected, online, offline, away, back, occupied, vacated, published, unseen]
    channels: "order:*"
    batch: {size: 100, wait: 20ms}
    keep: {size: 64MiB, age: 24h}
    timeout: 15s
settle: 10s
limits: {connectionsPerUser: 5}
`;

const hooksIntro = `Backends that are asked or told stand beside the rules; [HOOKS](HOOKS.md) says what they are sent. Their secrets stand
in the environment, never here. Roll out nodes that know hooks before a file that has some.

\`\`\`yaml
${hooksExample}\`\`\``;

/** The page of settings and channel rules, from the schemas in `config/`. */
export function configPage(): string {
  const parts = [
    "# Configuration",
    generatedNote,
    intro,
    ...topics.flatMap((topic) => [`## ${topic.title}`, settingsTable(Object.values(topic.settings))]),
    "## Channel rules",
    rulesIntro,
    table(
      ["Key", "What it says"],
      keyRows(ruleShape, { presence: presenceShape, history: historyShape, rate: rateShape }),
    ),
    "## Hooks, and the fleet",
    hooksIntro,
    table(
      ["Key", "What it says"],
      [
        ...keyRows({ hooks: z.array(z.unknown()).describe("The backends, a list. Default: none.") }, {}),
        ...keyRows(hookShape, { batch: batchShape, keep: keepShape }, "hooks[]."),
        ...keyRows({ settle }, {}),
        ...keyRows(limitsShape, {}, "limits."),
      ],
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}

function settingsTable(settings: readonly Setting<unknown>[]): string {
  const rows = settings.map((setting) => [
    nameCell(setting),
    setting.type,
    defaultCell(setting),
    setting.about,
  ]);
  return table(["Setting", "Value", "Default", "What it does"], rows);
}

function nameCell({ env, secret, fileable }: Setting<unknown>): string {
  const marks = [secret ? "secret" : "", fileable ? "file" : ""].filter((mark) => mark !== "");
  return marks.length === 0 ? `\`${env}\`` : `\`${env}\` *${marks.join(", ")}*`;
}

function defaultCell({ default: value, absent }: Setting<unknown>): string {
  if (value === undefined) return Array.isArray(absent) ? "empty" : "not set";
  return typeof value === "string" ? `\`${value}\`` : value.words;
}

type Shape = Record<string, z.ZodType>;

/** @param parts the mappings that keys of the shape hold */
function keyRows(shape: Shape, parts: Record<string, Shape>, prefix = ""): string[][] {
  return Object.entries(shape).flatMap(([key, { description = "" }]) => [
    [`\`${prefix}${key}\``, description],
    ...keyRows(parts[key] ?? {}, {}, `${prefix}${key}.`),
  ]);
}
