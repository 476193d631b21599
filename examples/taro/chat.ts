import { connect, type Message, type Tide } from "tidegate-miniprogram";

export interface Chat {
  text: string;
}

export interface View {
  /** All that is to be seen, the oldest first. */
  show(messages: readonly Message<Chat>[]): void;
  people(count: number): void;
  /** The gateway refuses the channel. */
  refused(message: string): void;
}

/** The app's connection; Taro's own sockets are not needed: the package finds the platform's. */
export function tide(): Tide {
  return connect("wss://rt.example.com", { login: "wechat" });
}

/** Opens the chat for a page. @returns what the page calls, `close` at its end */
export function openChat(view: View, client: Tide = tide()) {
  const room = client.channel<Chat>("chat:lobby", { presence: true, since: "start" });
  let open = true;
  let seen: readonly Message<Chat>[] = [];
  const show = (messages: readonly Message<Chat>[]) => {
    seen = messages.slice(-200);
    if (open) view.show(seen);
  };
  const reload = async () => {
    show([]);
    try {
      const { messages } = await room.history({ reverse: true, limit: 100 });
      const read = messages.reverse();
      const newest = read[read.length - 1];
      // What came while it was read, and is not in it.
      const newer = seen.filter((message) => !newest || offsetOf(message) > offsetOf(newest));
      show([...read, ...newer]);
    } catch {
      if (open) setTimeout(reload, 1_000);
    }
  };
  room.on("message", (message) => show(withMessage(seen, message)));
  room.on("presence", (users) => view.people(users.length));
  room.on("reset", reload);
  room.on("error", ({ message }) => view.refused(message));
  return {
    send: (text: string) => room.publish({ text }),
    close: () => {
      open = false;
      room.close();
    },
  };
}

function withMessage(seen: readonly Message<Chat>[], message: Message<Chat>): readonly Message<Chat>[] {
  const known = message.position !== undefined && seen.some(({ position }) => position === message.position);
  return known ? seen : [...seen, message];
}

/** Messages of a channel are numbered: `epoch:offset`. */
function offsetOf({ position = "" }: Message): number {
  return Number(position.split(":")[1]);
}
