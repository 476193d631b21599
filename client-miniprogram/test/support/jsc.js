// Runs in JavaScriptCore's shell behind the bundle, against a gateway that is a few lines of the protocol.
const tasks = [];
const frames = (task, list) => {
  for (const frame of list) setTimeout(() => task.message({ data: frame }), 0);
};
const message = (offset) => ({ channel: "chat:1", data: offset, position: `e:${offset}`, time: 1 });
const wx = {
  connectSocket() {
    const task = {
      onOpen: (listener) => setTimeout(listener, 0),
      onMessage: (listener) => {
        task.message = listener;
        frames(task, ['0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}']);
      },
      onError() {},
      onClose() {},
      close() {},
      send({ data }) {
        if (!data.startsWith("40")) return;
        const reply = { ok: true, channel: "chat:1", position: "e:2", recovered: true };
        const welcome = { connection: "c", user: "u", node: "n", time: 1 };
        welcome.channels = [{ ...reply, messages: [message(1), message(2)] }];
        const live = ["message", message(3)];
        frames(task, [
          '40{"sid":"c"}',
          `42${JSON.stringify(["welcome", welcome])}`,
          `42${JSON.stringify(live)}`,
        ]);
      },
    };
    tasks.push(task);
    return task;
  },
};
const tide = exports.connect("wss://gateway.test", { host: wx, token: "t" });
const seen = [];
tide.channel("chat:1", { since: "start" }).on("message", ({ data }) => {
  seen.push(data);
  if (data !== 3) return;
  print(`welcomed ${tide.state} ${seen}`);
  quit();
});
