import { settings } from "../src/config/schema.ts";
import { nodeUnits, userShare } from "../src/connection/accounts.ts";
import {
  handshakePrices,
  type RequestPrice,
  requestPrices,
  surcharges,
  welcomeUnits,
} from "../src/connection/prices.ts";
import { generatedNote, table, wrapped } from "./markdown.ts";

const intro = `Everything that a client can do has a price, in units; one is what a request costs that makes little work. A request
that would cost more than what is left is \`rate_limited\`, with the time after which it may pass. What turns out to
be dearer than it looked is charged when it is known, and what follows waits for it.`;

const requestsIntro = "What is charged before a request begins:";
const surchargesIntro = "What comes on top:";

/** The page of prices and of what they allow, from the price list in `connection/prices.ts`. */
export function limitsPage(): string {
  const rate = numberOf(settings.requestRate);
  const burst = numberOf(settings.requestBurst);
  const channels = numberOf(settings.maxChannels);
  const parts = [
    "# Limits",
    generatedNote,
    intro,
    "## Who pays",
    payers(rate, burst),
    "## Prices",
    requestsIntro,
    table(["Request", "Units"], Object.entries<RequestPrice>(requestPrices).map(requestRow)),
    surchargesIntro,
    Object.values(surcharges)
      .map(({ words }) => wrapped(`- ${words}.`, 2))
      .join("\n"),
    "## Handshakes",
    handshakes(channels),
    "## What the defaults allow",
    wrapped(`A user, over all connections of a node, who does nothing else:`),
    table(["", "A second", "At once"], allowed(userShare * rate, userShare * burst, channels)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function numberOf({ default: value }: { default: unknown }): number {
  return Number(value);
}

function requestRow([name, { words }]: [string, RequestPrice]): string[] {
  return [name === "other" ? "any other" : `\`${name}\``, words];
}

function payers(rate: number, burst: number): string {
  const { requestRate, requestBurst } = settings;
  const rows = [
    [
      "the connection",
      "requests, whatever they cost; where a request counts as several, the list says so",
      `${rate} a second, ${burst} at once (\`${requestRate.env}\`, \`${requestBurst.env}\`)`,
    ],
    [
      "the user",
      "units, over all its connections of a node; an anonymous user has one connection",
      `${userShare} times as much: ${userShare * rate} a second, ${userShare * burst} at once`,
    ],
    [
      "the address",
      "units; of IPv6 a /64 network is one address",
      `no number: of ${nodeUnits.perSecond} a second that a node does well, whatever leaves room for the others, and ${nodeUnits.spared} in any case`,
    ],
    ["the user", "publications under a rule with a `rate`, over all its connections of a node", "that rate"],
  ];
  const shares = `Carriers and offices put thousands behind one address. So an address may take four times what is free: alone it
may take all, beside others four fifths, and while a node turns some away those are refused first that take most.`;
  return `${table(["Who", "What", "How much"], rows)}\n\n${shares}`;
}

function handshakes(channels: number): string {
  const { upgrade, carried, refused } = handshakePrices;
  const rate = settings.handshakeRate;
  const items = [
    `A node takes ${rate.default} handshakes a second (\`${rate.env}\`), which addresses share as above. Each takes ${upgrade}; one that resumes more than 16 channels takes 1 more for each 8, so ${upgrade + carried(channels)} for ${channels}; one that is refused takes ${refused} more of what its address may have.`,
    `The user pays ${welcomeUnits(0)} units for a handshake and ${welcomeUnits(1) - welcomeUnits(0)} for each channel that it starts with: its own, those of the token, those that it resumes. Of more than ${channels} (\`${settings.maxChannels.env}\`) those beyond are \`limit_exceeded\` before their tokens are looked at.`,
  ];
  return items.map((item) => wrapped(`- ${item}`, 2)).join("\n");
}

const page = 256 * 1_024;

/** @param rate units a second. @param burst units at once */
function allowed(rate: number, burst: number, channels: number): string[][] {
  const cases: [string, number][] = [
    ["publications of up to 16 KiB", 1],
    ["pages of history, or recoveries, of 256 KiB", 1 + surcharges.answer.units(page)],
    ["pages of presence with 1,000 users", 1 + surcharges.page.units(1_000)],
    ["coming or going in a channel with presence events and 1,000 members", 2 + surcharges.told.units(1_000)],
    ["handshakes that start with the user's own channel", welcomeUnits(1)],
    [`handshakes that resume ${channels} channels`, welcomeUnits(channels)],
  ];
  return cases.map(([what, units]) => [what, amount(rate / units), amount(burst / units)]);
}

function amount(count: number): string {
  return count >= 10 ? String(Math.floor(count)) : count.toFixed(1);
}
