import { runInNewContext } from "node:vm";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { endingText, type Host } from "../../src/transports/host.ts";
import { HostSocket } from "../../src/transports/host-socket.ts";
import { ManualClock, MemoryNetwork, Phone, type PhoneOptions } from "../../testing/index.ts";
import { turn, until } from "../support/waiting.ts";

interface Heard {
  socket: HostSocket;
  events: unknown[];
}

function open(host: Host): Heard {
  const events: unknown[] = [];
  const socket = new HostSocket(host, "wss://gateway.test/socket.io/");
  socket.onopen = () => events.push("open");
  socket.onmessage = ({ data }) => events.push(data);
  socket.onerror = () => events.push("end");
  return { socket, events };
}

function onPhone(options: PhoneOptions) {
  const network = new MemoryNetwork();
  const phone = new Phone({ ...options, network: network.connect });
  return { network, phone, ...open(phone.wx) };
}

/** A host whose events the test fires itself. */
function handMade(connectSocket: Host["connectSocket"]) {
  return open({ connectSocket });
}

function task() {
  const listeners: { [event: string]: (value: unknown) => void } = {};
  return {
    fire: (event: string, value: unknown = {}) => listeners[event]?.(value),
    send: vi.fn(),
    close: vi.fn(),
    onOpen: (listener: () => void) => {
      listeners.open = listener;
    },
    onMessage: (listener: (value: unknown) => void) => {
      listeners.message = listener;
    },
    onError: (listener: (value: unknown) => void) => {
      listeners.error = listener;
    },
    onClose: (listener: (value: unknown) => void) => {
      listeners.close = listener;
    },
  };
}

describe("whatever connectSocket returns", () => {
  it.each<[string, PhoneOptions]>([
    ["a task", { tasks: "direct" }],
    ["a promise of one", { tasks: "promise" }],
    ["a task where a callback is passed, as uni-app", { tasks: "callback" }],
    ["a task where several sockets are asked for, as Alipay", { alipay: true }],
    ["nothing", { tasks: "none" }],
    ["nothing, on Alipay", { tasks: "none", alipay: true }],
  ])("%s: opens, sends, receives, closes", async (_name, options) => {
    const { network, phone, socket, events } = onPhone(options);
    await until(() => events.includes("open"));
    socket.send("ping");
    network.peers[0]?.send("pong");
    await until(() => events.includes("pong"));
    expect(network.peers[0]?.received).toEqual(["ping"]);
    socket.close();
    await until(() => network.peers[0]?.closed);
    expect(phone.sockets).toBe(0);
    expect(events).toEqual(["open", "pong"]);
  });

  it("a task that comes after the opening counts as open with its first message", async () => {
    const { network, events } = onPhone({ tasks: "late" });
    await until(() => network.peers.length === 1);
    network.peers[0]?.send("first");
    network.peers[0]?.send("second");
    await until(() => events.includes("second"));
    expect(events).toEqual(["open", "first", "second"]);
  });

  it("a task that comes after the close is closed, so that it does not take one of the five places", async () => {
    const made = task();
    let give: (value: unknown) => void = () => {};
    const { socket, events } = handMade(() => new Promise((resolve) => (give = resolve)));
    await turn();
    socket.close();
    give(made);
    await until(() => made.close.mock.calls.length === 1);
    expect(events).toEqual([]);
  });

  it("without tasks the next socket waits until the last one has closed", async () => {
    const network = new MemoryNetwork();
    const phone = new Phone({ tasks: "none", network: network.connect });
    const first = open(phone.wx);
    await until(() => first.events.includes("open"));
    first.socket.close();
    const second = open(phone.wx);
    await until(() => second.events.includes("open"));
    network.peers[1]?.send("for the second");
    await until(() => second.events.includes("for the second"));
    expect(first.events).toEqual(["open"]);
    expect(phone.sockets).toBe(1);
  });
});

describe("a call that fails", () => {
  const refusing = (wx: Host, fails: { times: number }, later: boolean) => {
    const connectSocket: Host["connectSocket"] = (options) => {
      if (fails.times-- <= 0) return wx.connectSocket(options);
      if (later) queueMicrotask(() => options.fail({ errMsg: "connectSocket:fail" }));
      else options.fail({ errMsg: "connectSocket:fail" });
      return undefined;
    };
    return Object.assign(Object.create(wx), wx, { connectSocket }) as Host;
  };

  it.each([
    ["a host with tasks", "direct", false],
    ["a host with tasks, told later", "direct", true],
    ["a host without tasks", "none", false],
    ["a host without tasks, told later", "none", true],
  ] as const)("does not hold up the next, on %s", async (_name, tasks, later) => {
    const network = new MemoryNetwork();
    const phone = new Phone({ tasks, network: network.connect });
    const host = refusing(phone.wx, { times: 1 }, later);
    const first = open(host);
    await until(() => first.events.includes("end"));
    // What opens only because patience with the first ran out would not open now.
    const { setTimeout } = globalThis;
    const soon = (callback: () => void, ms = 0) => (ms < 100 ? setTimeout(callback, ms) : undefined);
    vi.spyOn(globalThis, "setTimeout").mockImplementation(soon as typeof setTimeout);
    onTestFinished(() => void vi.restoreAllMocks());
    const second = open(host);
    await until(() => second.events.includes("open"));
    network.peers[0]?.send("hello");
    await until(() => second.events.includes("hello"));
    second.socket.close();
    await until(() => phone.sockets === 0);
    expect(first.events).toEqual(["end"]);
  });
});

describe("every way to fail", () => {
  it("nobody who answers, until the platform gives up", async () => {
    const clock = new ManualClock();
    const phone = new Phone({ clock, network: new MemoryNetwork(() => {}).connect });
    const { events } = open(phone.wx);
    await until(() => phone.sockets === 1);
    clock.advance(60_000);
    await until(() => events.length > 0);
    expect([events, phone.sockets]).toEqual([["end"], 0]);
  });

  it("a fail within the call", async () => {
    const { events } = handMade(({ fail }) => {
      fail({ errMsg: "connectSocket:fail url not in domain list" });
    });
    await until(() => events.length > 0);
    expect(events).toEqual(["end"]);
  });

  it("a fail later", async () => {
    const { events } = handMade(({ fail }) => {
      setTimeout(() => fail({ errorMessage: "no network", error: 1 }), 1);
      return task();
    });
    await until(() => events.length > 0);
    expect(events).toEqual(["end"]);
  });

  it("a throw", async () => {
    const { events } = handMade(() => {
      throw new Error("createSocketTask:fail");
    });
    await until(() => events.length > 0);
    expect(events).toEqual(["end"]);
  });

  it("a promise that rejects", async () => {
    const { events } = handMade(() => Promise.reject(new Error("connectSocket:fail")));
    await until(() => events.length > 0);
    expect(events).toEqual(["end"]);
  });

  it.each([[["error"]], [["close"]], [["error", "close"]], [["close", "error"]]])(
    "%j ends it once",
    async (endings) => {
      const made = task();
      const { events } = handMade(() => made);
      await turn();
      made.fire("open");
      for (const ending of endings) made.fire(ending, { code: "1006", reason: "abnormal", errMsg: "broken" });
      await turn();
      expect(events).toEqual(["open", "end"]);
    },
  );

  it("a close code may be text, and 1000 ends it as any other", async () => {
    const made = task();
    const { events } = handMade(() => made);
    await turn();
    made.fire("open");
    made.fire("close", { code: "1000", reason: "interrupted" });
    await turn();
    expect(events).toEqual(["open", "end"]);
  });

  it("a host without onError, as Feishu", async () => {
    const { onError: _, ...made } = task();
    const { events } = handMade(() => made);
    await turn();
    made.fire("open");
    made.fire("close");
    await turn();
    expect(events).toEqual(["open", "end"]);
  });

  it("a send that is refused in the background says nothing of the socket", async () => {
    const made = task();
    made.send.mockImplementation(({ fail }: { fail(error: object): void }) =>
      fail({ errMsg: "sendSocketMessage:fail interrupted" }),
    );
    const { socket, events } = handMade(() => made);
    await turn();
    made.fire("open");
    socket.send("x");
    await turn();
    expect(events).toEqual(["open"]);
    expect(made.close).not.toHaveBeenCalled();
  });

  it("a close that is refused is asked for again, until the socket has ended", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const made = task();
    made.close.mockImplementation(({ fail }: { fail(error: object): void }) =>
      fail({ errMsg: "closeSocket:fail not opened" }),
    );
    const { socket } = handMade(() => made);
    await Promise.resolve();
    socket.close();
    expect(made.close).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_600);
    expect(made.close).toHaveBeenCalledTimes(3);
    made.fire("close");
    vi.advanceTimersByTime(60_000);
    expect(made.close).toHaveBeenCalledTimes(3);
  });

  it("a send that fails ends it: the socket is gone, whatever its events say", async () => {
    const made = task();
    made.send.mockImplementation(({ fail }: { fail(error: object): void }) =>
      fail({ errMsg: "sendSocketMessage:fail taskID not exist" }),
    );
    const { socket, events } = handMade(() => made);
    await turn();
    made.fire("open");
    socket.send("x");
    expect(events).toEqual(["open"]);
    await turn();
    expect(events).toEqual(["open", "end"]);
    expect(made.close).toHaveBeenCalledTimes(1);
  });

  it("a send that throws ends it too, after the call", async () => {
    const made = task();
    made.send.mockImplementation(() => {
      throw new Error("invalid state");
    });
    const { socket, events } = handMade(() => made);
    await turn();
    made.fire("open");
    socket.send("x");
    expect(events).toEqual(["open"]);
    await turn();
    expect(events).toEqual(["open", "end"]);
  });

  it("is not reported after a close, even where it came before", async () => {
    const made = task();
    const { socket, events } = handMade(() => made);
    await turn();
    made.fire("open");
    made.fire("close");
    socket.close();
    await turn();
    expect(events).toEqual(["open"]);
    expect(made.close).toHaveBeenCalledTimes(0);
  });

  it.each([
    [{ errMsg: "connectSocket:fail url not in domain list" }, "connectSocket:fail url not in domain list"],
    [{ error: 1, errorMessage: "no network" }, "no network"],
    [{ code: 1006, reason: "abnormal closure" }, "code 1006, abnormal closure"],
    [{ code: 1000, reason: "" }, "code 1000"],
    [new Error("createSocketTask:fail"), "createSocketTask:fail"],
    [{}, "The socket failed."],
    [undefined, "The socket failed."],
  ])("%j reads as words", (event, words) => {
    expect(endingText(event)).toBe(words);
  });
});

describe("what it asks of the platform", () => {
  it("is a socket of several, with callbacks, and without protocols, which some want echoed", async () => {
    const connectSocket = vi.fn(() => task());
    handMade(connectSocket);
    await turn();
    expect(connectSocket.mock.calls).toEqual([
      [
        {
          url: "wss://gateway.test/socket.io/",
          timeout: 15_000,
          multiple: true,
          success: expect.any(Function),
          fail: expect.any(Function),
          complete: expect.any(Function),
        },
      ],
    ]);
  });

  it("is a close with a code and a reason that all platforms take", async () => {
    const made = task();
    const { socket } = handMade(() => made);
    await turn();
    made.fire("open");
    socket.close();
    expect(made.close).toHaveBeenCalledWith(expect.objectContaining({ code: 1_000, reason: "" }));
  });
});

describe("closing while connecting", () => {
  it("before the call was made opens nothing", async () => {
    const connectSocket = vi.fn();
    const { socket } = handMade(connectSocket);
    socket.close();
    await turn();
    expect(connectSocket).not.toHaveBeenCalled();
  });

  it("closes again once it has opened, where the host ignored the first close", async () => {
    const made = task();
    made.close.mockImplementationOnce(() => {
      throw new Error("closeSocket:fail");
    });
    const { socket, events } = handMade(() => made);
    await turn();
    socket.close();
    made.fire("open");
    expect(made.close).toHaveBeenCalledTimes(2);
    expect(events).toEqual([]);
  });
});

describe("binary", () => {
  it.each([
    ["a view", new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4), [1, 2, 3]],
    ["a buffer", new Uint8Array([1, 2, 3]).buffer, [1, 2, 3]],
    ["an empty buffer", new ArrayBuffer(0), []],
    ["an empty view", new Uint8Array([1, 2]).subarray(1, 1), []],
    ["a view of another kind", new DataView(new Uint8Array([5, 6]).buffer), [5, 6]],
  ])("sends %s as an ArrayBuffer of its own", async (_name, data, bytes) => {
    for (const alipay of [false, true]) {
      const { network, socket, events } = onPhone({ alipay });
      await until(() => events.includes("open"));
      socket.send(data);
      const [sent] = network.peers[0]?.received ?? [];
      expect(sent).toBeInstanceOf(ArrayBuffer);
      expect([...new Uint8Array(sent as ArrayBuffer)]).toEqual(bytes);
    }
  });

  it.each([false, true])("receives ArrayBuffers (Alipay: %s)", async (alipay) => {
    const { network, events } = onPhone({ alipay });
    await until(() => events.includes("open"));
    network.peers[0]?.send("text");
    network.peers[0]?.send(new Uint8Array([0, 127, 128, 255]).buffer);
    await until(() => events.length === 3);
    expect(events[1]).toBe("text");
    expect([...new Uint8Array(events[2] as ArrayBuffer)]).toEqual([0, 127, 128, 255]);
  });

  it("takes an ArrayBuffer of another realm into its own", async () => {
    const made = task();
    const { events } = handMade(() => made);
    await turn();
    made.fire("message", { data: runInNewContext("new Uint8Array([4, 5]).buffer") });
    expect(events[1]).toBeInstanceOf(ArrayBuffer);
    expect([...new Uint8Array(events[1] as ArrayBuffer)]).toEqual([4, 5]);
  });
});
