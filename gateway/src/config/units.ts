/** Amounts as people write them. Each parser returns undefined for what is not of its form. */

const durationUnits: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Record<string, number> = { "": 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const rateUnits: Record<string, number> = { s: 1, m: 60 };

/** `200ms`, `90s`, `5m`, `1h`, `30d`, in milliseconds. A number without a unit is not a duration. */
export function parseDuration(text: string): number | undefined {
  const amount = split(text, /^(\d{1,15})(ms|s|m|h|d)$/);
  return amount && safe(amount.count * (durationUnits[amount.unit] ?? Number.NaN));
}

/** `1MiB`, `64KiB` or plain bytes, in bytes. */
export function parseSize(text: string): number | undefined {
  const amount = split(text, /^(\d{1,15})(B|KiB|MiB|GiB|)$/);
  return amount && safe(amount.count * (sizeUnits[amount.unit] ?? Number.NaN));
}

/** `10/s` or `30/m`, in events a second; not below one a minute. */
export function parseRate(text: string): number | undefined {
  const amount = split(text, /^(\d{1,9})\/(s|m)$/);
  return amount && amount.count > 0 ? amount.count / (rateUnits[amount.unit] ?? Number.NaN) : undefined;
}

/** A whole number without a sign. */
export function parseInteger(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) ? safe(Number(text)) : undefined;
}

function split(text: string, shape: RegExp): { count: number; unit: string } | undefined {
  const match = shape.exec(text);
  return match ? { count: Number(match[1]), unit: match[2] ?? "" } : undefined;
}

function safe(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}
