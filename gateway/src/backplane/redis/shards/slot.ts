/** How many slots a Redis Cluster spreads its keys over. */
export const slotCount = 16_384;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** @param channel as it stands between `{` and `}` in keys; what it holds up to its own first `}` counts */
export function slotOf(channel: string): number {
  const end = channel.indexOf("}");
  let crc = 0;
  for (const byte of Buffer.from(end > 0 ? channel.slice(0, end) : channel)) {
    crc = ((crc << 8) ^ (table[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  }
  return crc % slotCount;
}
