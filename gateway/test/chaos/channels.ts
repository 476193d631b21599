/** The channels of every run, and their rules. */

/** Messages that a channel of each kind keeps. */
const sizes: Record<string, number> = { room: 5_000, quiet: 100, small: 30, value: 1, user: 200 };

export const rules = `
channels:
  - match: "room:*"
    subscribe: user
    publish: user
    presence: {read: user, events: true}
    history: {size: ${sizes.room}, ttl: 10m}
  - match: "quiet:*"
    subscribe: user
    history: {size: ${sizes.quiet}, ttl: 10m}
  - match: "small:*"
    subscribe: user
    history: {size: ${sizes.small}, ttl: 10m}
  - match: "value:*"
    subscribe: user
    history: {size: 1, ttl: 10m}
    conflate: 50ms
`;

export const rooms = ["room:0", "room:1", "room:2", "room:3", "room:4", "room:5"];
export const quiet = ["quiet:0", "quiet:1"];
export const others = ["small:0", "value:0"];

export function kindOf(channel: string): string {
  return channel.split(":")[0] ?? "";
}

export function sizeOf(channel: string): number {
  return sizes[kindOf(channel)] ?? 0;
}

export function isValue(channel: string): boolean {
  return kindOf(channel) === "value";
}
