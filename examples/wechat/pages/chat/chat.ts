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

Page({
  data: { lines: [] as Line[], here: 0, draft: "" },
  room: undefined as Channel<Chat> | undefined,

  onLoad() {
    const room = tide().channel<Chat>("chat:lobby", { presence: true, since: "start" });
    room.on("message", (message) => this.add(message));
    room.on("presence", (users) => this.setData({ here: users.length }));
    room.on("reset", () => this.reload());
    room.on("error", ({ message }) => wx.showToast({ title: message, icon: "none" }));
    this.room = room;
  },

  onUnload() {
    this.room?.close();
    this.room = undefined;
  },

  add(message: Message<Chat>) {
    this.setData({ lines: withLine(this.data.lines, lineOf(message)).slice(-200) });
  },

  /** What was missed is too far back: what the history still holds takes the place of what is shown. */
  async reload() {
    this.setData({ lines: [] });
    try {
      const history = await this.room?.history({ reverse: true, limit: 100 });
      const read = (history?.messages ?? []).reverse().map(lineOf);
      const newest = read[read.length - 1];
      // What came while it was read, and is not in it.
      const newer = this.data.lines.filter((line) => !newest || offsetOf(line) > offsetOf(newest));
      this.setData({ lines: [...read, ...newer] });
    } catch {
      if (this.room) setTimeout(() => this.reload(), 1_000);
    }
  },

  write(event: WechatMiniprogram.Input) {
    this.setData({ draft: event.detail.value });
  },

  async send() {
    const text = this.data.draft.trim();
    if (!text) return;
    this.setData({ draft: "" });
    try {
      await this.room?.publish({ text });
    } catch (error) {
      wx.showToast({ title: (error as Error).message, icon: "none" });
      this.setData({ draft: text });
    }
  },
});

/** `chat:*` has a history, so each message has its position, `epoch:offset`. */
function lineOf({ position = "", user = "", data }: Message<Chat>): Line {
  return { key: position, user, text: data.text };
}

function withLine(lines: Line[], line: Line): Line[] {
  return lines.some(({ key }) => key === line.key) ? lines : [...lines, line];
}

function offsetOf({ key }: Line): number {
  return Number(key.split(":")[1]);
}
