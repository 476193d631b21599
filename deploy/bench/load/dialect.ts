/** How a server is spoken to. */
export interface Dialect {
  /** @param room that the connection is for, where it is for one only */
  path(room: string | undefined): string;
  /** Headers of the upgrade. */
  headers(auth: object): Record<string, string>;
  /** What a client says first; undefined where it is let in by its upgrade. */
  connect(auth: object): string | undefined;
  /** A frame that asks for an answer by its number; undefined where the connection is bound to its room. */
  subscribe(id: number, room: string, since?: string): string | undefined;
  /** @param data the JSON of the message's data */
  publish(room: string, data: string): string;
  /** What a frame of the server is: of an answer its number and of an event its beginning. */
  read(chunk: Buffer, start: number, end: number): "connected" | "event" | "other" | { answer: number };
}

/** Turns the arguments of an event into its JSON. */
interface Words {
  subscribe(room: string, since?: string): unknown[];
  publish(room: string, data: string): string;
}

const tidegateWords: Words = {
  subscribe: (channel, since) => ["subscribe", { channel, since }],
  publish: (channel, data) => `["publish",{"channel":${JSON.stringify(channel)},"data":${data}}]`,
};

const stockWords: Words = {
  subscribe: (room) => ["subscribe", room],
  publish: (room, data) => `["publish",${JSON.stringify(room)},${data}]`,
};

const code = (character: string) => character.charCodeAt(0);
const [message, connected, event, acknowledgement] = ["4", "0", "2", "3"].map(code);
const [ping, quote, welcome] = ["2", '"', "w"].map(code);

/** What comes from Socket.IO's server, the pings of Engine.IO aside. */
function readSocketIo(chunk: Buffer, start: number, end: number) {
  if (chunk[start] !== message) return "other";
  switch (chunk[start + 1]) {
    case connected:
      return "connected";
    case event:
      return "event";
    case acknowledgement:
      return { answer: Number.parseInt(chunk.toString("latin1", start + 2, Math.min(end, start + 14)), 10) };
    default:
      return "other";
  }
}

function readJson(chunk: Buffer, start: number, end: number) {
  if (chunk[start + 1] === quote) return chunk[start + 2] === welcome ? "connected" : "event";
  return { answer: Number.parseInt(chunk.toString("latin1", start + 1, Math.min(end, start + 13)), 10) };
}

export const socketIoPath = "/socket.io/?EIO=4&transport=websocket";

const socketIo = ({ subscribe, publish }: Words): Dialect => ({
  path: () => socketIoPath,
  headers: () => ({}),
  connect: (auth) => `40${JSON.stringify(auth)}`,
  subscribe: (id, room, since) => `42${id}${JSON.stringify(subscribe(room, since))}`,
  publish: (room, data) => `42${publish(room, data)}`,
  read: readSocketIo,
});

/** By the server that is spoken to, and for the gateway by the door. */
export const dialects = {
  tidegate: socketIo(tidegateWords),
  json: {
    path: () => "/json",
    headers: () => ({}),
    connect: (auth) => JSON.stringify(["connect", auth]),
    subscribe: (id, room, since) => JSON.stringify([...tidegateWords.subscribe(room, since), id]),
    publish: tidegateWords.publish,
    read: readJson,
  },
  text: {
    path: (room) => (room === undefined ? "/ws" : `/ws/${encodeURIComponent(room)}`),
    headers: (auth) => ("token" in auth ? { Authorization: `Bearer ${auth.token}` } : {}),
    connect: () => undefined,
    subscribe: () => undefined,
    publish: (_room, data) => data,
    read: () => "event",
  },
  stock: socketIo(stockWords),
} satisfies Record<string, Dialect>;

export type Target = keyof typeof dialects;

/** Whether a frame is a ping of Engine.IO, which is answered with a pong. */
export function isEnginePing(chunk: Buffer, start: number, end: number): boolean {
  return end - start === 1 && chunk[start] === ping;
}
