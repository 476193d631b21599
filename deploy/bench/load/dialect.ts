/** How a server is asked to subscribe and to publish: the JSON of the event. */
export interface Dialect {
  subscribe(room: string, since?: string): string;
  /** @param data the JSON of the message's data */
  publish(room: string, data: string): string;
}

export const dialects = {
  tidegate: {
    subscribe: (channel, since) => JSON.stringify(["subscribe", { channel, since }]),
    publish: (channel, data) => `["publish",{"channel":${JSON.stringify(channel)},"data":${data}}]`,
  },
  stock: {
    subscribe: (room) => JSON.stringify(["subscribe", room]),
    publish: (room, data) => `["publish",${JSON.stringify(room)},${data}]`,
  },
} satisfies Record<string, Dialect>;

export type Target = keyof typeof dialects;
