// A platform in JavaScriptCore's shell, which has neither sockets nor timers: one line of JSON to the process outside
// for what the app asks, one line from it for what happens.
globalThis.exports = {};
const timers = new Map();
let timerCount = 0;
let task;
const app = {};

globalThis.setTimeout = (callback, milliseconds) => {
  timerCount += 1;
  timers.set(timerCount, { callback, at: Date.now() + milliseconds });
  return timerCount;
};
globalThis.clearTimeout = (timer) => timers.delete(timer);

// The shell reads Latin-1.
const ask = (request) =>
  print(
    JSON.stringify(request).replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );

globalThis.wx = {
  connectSocket({ url }) {
    const listeners = {};
    ask({ dial: url });
    task = {
      onOpen: (listener) => {
        listeners.open = listener;
      },
      onMessage: (listener) => {
        listeners.message = listener;
      },
      onError: (listener) => {
        listeners.error = listener;
      },
      onClose: (listener) => {
        listeners.close = listener;
      },
      send: ({ data }) => ask({ send: data }),
      close: () => ask({ close: true }),
      hear: (event, detail) => listeners[event](detail),
    };
    return task;
  },
  onAppShow: (listener) => {
    app.show = listener;
  },
  onAppHide: (listener) => {
    app.hide = listener;
  },
};

const events = {
  socket: ({ event, detail }) => task.hear(event, detail),
  app: ({ event }) => app[event](),
  page: ({ url, token, channel }) => openPage(url, token, channel),
  tick() {},
};

function settle() {
  drainMicrotasks();
  for (const [timer, { callback, at }] of [...timers]) {
    if (at > Date.now() || !timers.delete(timer)) continue;
    callback();
    drainMicrotasks();
  }
}

globalThis.run = () => {
  for (let line = readline(); line; line = readline()) {
    const message = JSON.parse(line);
    events[message.kind](message);
    settle();
  }
};
