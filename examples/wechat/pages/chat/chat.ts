import type { Channel, Message } from "tidegate-miniprogram";
import { tide } from "../../tide";

interface Chat {
  text: string;
}

interface Line {
  key: string;
  user: string;
  text: string;
}

let room: Channel<Chat> | undefined;

Page({
  data: { lines: [] as Line[], here: 0, draft: "" },

  onLoad() {
    room = tide().channel<Chat>("chat:lobby", { presence: true, since: "start" });
    room.on("message", (message) => this.add(message));
    room.on("presence", (users) => this.setData({ here: users.length }));
    room.on("reset", () => this.reload());
  },

  onUnload() {
    room?.close();
  },

  add(message: Message<Chat>) {
    const line = {
      key: message.id ?? String(message.time),
      user: message.user ?? "",
      text: message.data.text,
    };
    this.setData({ lines: [...this.data.lines, line].slice(-200) });
  },

  /** What was missed is too far back: what the history still holds takes the place of what is shown. */
  async reload() {
    const history = await room?.history({ reverse: true, limit: 100 });
    this.setData({ lines: [] });
    for (const message of history?.messages.reverse() ?? []) this.add(message as Message<Chat>);
  },

  write(event: WechatMiniprogram.Input) {
    this.setData({ draft: event.detail.value });
  },

  async send() {
    const text = this.data.draft.trim();
    if (!text) return;
    this.setData({ draft: "" });
    try {
      await room?.publish({ text });
    } catch (error) {
      wx.showToast({ title: (error as Error).message, icon: "none" });
      this.setData({ draft: text });
    }
  },
});
