import type { Channel, HistoryReply } from "tidegate-miniprogram";
import { tide } from "../../tide";
import { applied, type Change, type Item } from "./list";

Page({
  data: { items: [] as Item[], people: [] as string[], draft: "" },
  list: undefined as Channel<Change> | undefined,
  /** What comes while the list is read; of two readings the later one counts. */
  meanwhile: undefined as Change[] | undefined,

  onLoad() {
    const list = tide().channel<Change>("todo:shared", { presence: true, since: "start" });
    list.on("message", ({ data }) => this.apply(data));
    list.on("presence", (users) => {
      this.setData({ people: users.map(({ user, state }) => (state === "away" ? `${user} (away)` : user)) });
    });
    list.on("reset", () => this.reload());
    list.on("error", ({ message }) => wx.showToast({ title: message, icon: "none" }));
    this.list = list;
  },

  onUnload() {
    this.list?.close();
    this.list = undefined;
  },

  apply(change: Change) {
    this.meanwhile?.push(change);
    this.setData({ items: applied(this.data.items, change) });
  },

  async reload() {
    const arrived: Change[] = [];
    this.meanwhile = arrived;
    let items: Item[] = [];
    let since: string | undefined = "start";
    try {
      while (this.list && since !== undefined) {
        const { messages, more }: HistoryReply<Change> = await this.list.history({ since, limit: 1000 });
        items = messages.map(({ data }) => data).reduce(applied, items);
        since = more ? messages[messages.length - 1]?.position : undefined;
      }
      if (this.meanwhile !== arrived) return;
      // What came while it was read may be in it already: a change twice is as a change once.
      this.setData({ items: arrived.reduce(applied, items) });
      this.meanwhile = undefined;
    } catch {
      if (this.list && this.meanwhile === arrived) setTimeout(() => this.reload(), 1_000);
    }
  },

  write(event: WechatMiniprogram.Input) {
    this.setData({ draft: event.detail.value });
  },

  add() {
    const text = this.data.draft.trim();
    if (!text) return;
    this.setData({ draft: "" });
    this.publish({ kind: "add", id: `${Date.now()}-${Math.random().toString(36).slice(2)}`, text });
  },

  tick(event: WechatMiniprogram.TouchEvent) {
    const { id, done } = event.currentTarget.dataset as { id: string; done: boolean };
    this.publish({ kind: "tick", id, done: !done });
  },

  remove(event: WechatMiniprogram.TouchEvent) {
    const { id } = event.currentTarget.dataset as { id: string };
    this.publish({ kind: "remove", id });
  },

  publish(change: Change) {
    this.list?.publish(change).catch((error: Error) => wx.showToast({ title: error.message, icon: "none" }));
  },
});
