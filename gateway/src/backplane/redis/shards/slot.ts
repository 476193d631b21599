/*
 * Computes the slot of a channel as Redis does. RedisClusterShards asks it for every call. A wrong slot costs a
 * redirect, which this gateway does not follow: each call for the channel would fail.
 */

/** How many slots a Redis Cluster spreads its keys over. */
export const slotCount = 16_384;

/** CRC-16 with the polynomial 0x1021, byte by byte, as the specification of Redis Cluster has it. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/**
 * Where Redis puts the keys with this hash tag.
 *
 * @param channel as it is between `{` and `}` in keys. Redis ends the tag at the first `}`, so one in the channel's name
 * ends it early. A pub/sub channel without a tag counts whole.
 */
export function slotOf(channel: string): number {
  const end = channel.indexOf("}");
  let crc = 0;
  for (const byte of Buffer.from(end > 0 ? channel.slice(0, end) : channel)) {
    crc = ((crc << 8) ^ (table[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  }
  return crc % slotCount;
}
