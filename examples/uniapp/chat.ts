import { connect, type Message, type Tide } from "tidegate-miniprogram";

export interface Chat {
  text: string;
}

export interface View {
  add(message: Message<Chat>): void;
  clear(): void;
  people(count: number): void;
}

/** The app's connection; uni-app's platforms are found out by the package. */
export function tide(): Tide {
  return connect("wss://rt.example.com", { login: "wechat" });
}

/** Opens the chat for a page. @returns what the page calls, `close` at its end */
export function openChat(view: View, client: Tide = tide()) {
  const room = client.channel<Chat>("chat:lobby", { presence: true, since: "start" });
  room.on("message", (message) => view.add(message));
  room.on("presence", (users) => view.people(users.length));
  room.on("reset", async () => {
    const { messages } = await room.history({ reverse: true, limit: 100 });
    view.clear();
    for (const message of messages.reverse()) view.add(message as Message<Chat>);
  });
  return {
    send: (text: string) => room.publish({ text }),
    close: () => room.close(),
  };
}
