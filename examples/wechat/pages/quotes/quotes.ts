import type { Channel } from "tidegate-miniprogram";
import { tide } from "../../tide";

interface Quote {
  price: number;
}

interface Row {
  symbol: string;
  price: string;
  rising: boolean;
}

const symbols = ["AAPL", "MSFT", "TSLA"];

Page({
  data: { rows: symbols.map((symbol): Row => ({ symbol, price: "–", rising: false })) },
  channels: [] as Channel<Quote>[],

  onLoad() {
    this.channels = symbols.map((symbol, index) => {
      const channel = tide().channel<Quote>(`quote:${symbol}`);
      channel.on("message", ({ data }) => this.show(index, data.price));
      channel.on("error", ({ message }) => wx.showToast({ title: message, icon: "none" }));
      return channel;
    });
  },

  onUnload() {
    for (const channel of this.channels) channel.close();
  },

  show(index: number, price: number) {
    const before = Number(this.data.rows[index]?.price);
    this.setData({ [`rows[${index}].price`]: price.toFixed(2), [`rows[${index}].rising`]: price > before });
  },
});
