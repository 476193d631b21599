/** What `GET /v1/stats` answers of so many nodes, each with its 15 minutes, up to now. */
export function bigFleet(count: number): object {
  const step = 5_000;
  const steps = 180;
  const at = (Math.floor(Date.now() / step) - steps + 1) * step;
  const wave = (node: number, base: number) =>
    Array.from({ length: steps }, (_, index) =>
      Math.round(base * (1 + 0.2 * Math.sin((index + node * 9) / 14))),
    );
  const nodes = Array.from({ length: count }, (_, node) => ({
    ...{
      node: `gateway-${node}`,
      version: "0.1.0",
      uptime: 86_400,
      connections: 8_000,
      subscriptions: 21_000,
    },
    ...{ draining: node === 3, capacity: 10_000, memoryLimit: 2 ** 31, channels: 900, at, step },
    redis: { up: node !== 7, lag: 0.0004 },
    series: {
      ...{ connections: wave(node, 8_000), published: wave(node, 1_500), delivered: wave(node, 90_000) },
      ...{
        publishP50: wave(node, 1),
        publishP99: wave(node, 6),
        loopDelay: wave(node, 3),
        loopBusy: wave(node, 41),
      },
      ...{ memory: wave(node, 380), dropped: wave(node, 0) },
    },
  }));
  return { nodes };
}
