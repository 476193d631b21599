import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { addressOf, publishAll, startApp, stopApps } from "./support/apps.ts";
import { turn, until } from "./support/waiting.ts";

type Page = { data: Record<string, unknown>; setData(changes: object): void } & Record<
  string,
  (event?: object) => unknown
>;

interface Chat {
  send(text: string): Promise<unknown>;
  close(): void;
}

/** A channel whose history is answered when the test says so. */
class SlowRoom {
  readonly reads: { resolve(reply: object): void; reject(error: Error): void }[] = [];
  readonly #listeners: { [event: string]: (value?: unknown) => void } = {};
  readonly on = (event: string, listener: (value?: unknown) => void) => {
    this.#listeners[event] = listener;
  };
  readonly history = () =>
    new Promise((resolve, reject) => {
      this.reads.push({ resolve, reject });
    });
  readonly close = () => {};

  reset(): void {
    this.#listeners.reset?.();
  }

  say(message: object): void {
    this.#listeners.message?.(message);
  }
}

/** A message of each kind that a page may show, by its number. */
const kinds = {
  chat: (n: number) => ({ position: `e:${n}`, time: n, data: { text: `line ${n}` } }),
  todo: (n: number) => ({
    position: `e:${n}`,
    time: n,
    data: { kind: "add", id: `${n}`, text: `line ${n}` },
  }),
};

/** The page shows 9, misses too much, and while it reads 20 to 22, 22 and 23 come; behind the answer, 22 again and 24. */
async function reloadsAmid(room: SlowRoom, kind: keyof typeof kinds, newestFirst: boolean): Promise<void> {
  const message = kinds[kind];
  room.say(message(9));
  room.reset();
  await until(() => room.reads.length === 1);
  room.reads[0]?.reject(new Error("Not connected."));
  await until(() => room.reads.length === 2);
  room.say(message(22));
  room.say(message(23));
  const messages = [20, 21, 22].map(message);
  room.reads[1]?.resolve({ messages: newestFirst ? messages.reverse() : messages });
  await turn();
  room.say(message(22));
  room.say(message(24));
}

const reloaded = [20, 21, 22, 23, 24].map((n) => `line ${n}`);

interface ChatModule {
  openChat(view: object, tide: unknown): Chat;
}

/** By a computed name: the examples are checked with their own settings, as apps are. */
function load(file: string): Promise<unknown> {
  return import(/* @vite-ignore */ new URL(`../../examples/${file}`, import.meta.url).pathname);
}

let gateway: Gateway;
let current: ReturnType<typeof startApp>;
beforeAll(async () => {
  const readme = readFileSync(new URL("../../examples/wechat/README.md", import.meta.url), "utf8");
  const [, rules = ""] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
  gateway = await startGateway({ rules });
});
beforeEach(async () => {
  current = startApp(addressOf(gateway), { token: await gateway.token("ann") });
});
afterEach(() => {
  stopApps();
  vi.unstubAllGlobals();
  vi.resetModules();
});
afterAll(() => gateway.stop());

vi.mock("../../examples/wechat/tide.ts", () => ({ tide: () => current.tide }));

/** Loads a page's script as the platform does, and opens the page. */
async function openPage(file: string): Promise<Page> {
  const made: Page[] = [];
  vi.stubGlobal("Page", (page: Page) => made.push(page));
  vi.stubGlobal("wx", { showToast: vi.fn() });
  await load(`wechat/pages/${file}`);
  const [page] = made;
  if (!page) throw new Error("The script made no page.");
  page.setData = (changes) => {
    for (const [path, value] of Object.entries(changes)) setPath(page.data, path, value);
  };
  page.onLoad?.();
  return page;
}

function setPath(data: Record<string, unknown>, path: string, value: unknown): void {
  const [, list, index, member] = /^(\w+)\[(\d+)\]\.(\w+)$/.exec(path) ?? [];
  if (!list || !member) data[path] = value;
  else ((data[list] as Record<string, unknown>[])[Number(index)] ?? {})[member] = value;
}

function write(page: Page, value: string): void {
  page.write?.({ detail: { value } });
}

const wechat = new URL("../../examples/wechat/", import.meta.url);
const json = (file: string) => JSON.parse(readFileSync(new URL(file, wechat), "utf8"));

describe("the WeChat example's files", () => {
  it("are what the developer tools look for", () => {
    const { sitemapLocation } = json("app.json") as { sitemapLocation: string };
    expect(json(sitemapLocation)).toHaveProperty("rules");
    expect(json("project.config.json")).toMatchObject({
      compileType: "miniprogram",
      miniprogramRoot: "./",
      setting: { useCompilerPlugins: ["typescript"] },
    });
    expect(readFileSync(new URL("app.ts", wechat), "utf8")).toContain("App(");
  });

  it.each((json("app.json") as { pages: string[] }).pages)("%s has what its template names", async (path) => {
    expect(json(`${path}.json`)).toBeTypeOf("object");
    const template = readFileSync(new URL(`${path}.wxml`, wechat), "utf8");
    const page = await openPage(path.replace("pages/", "").concat(".ts"));
    for (const [, handler = ""] of template.matchAll(/ bind\w+="(\w+)"/g)) {
      expect(page[handler], handler).toBeTypeOf("function");
    }
    for (const [, name = ""] of template.matchAll(/\{\{(\w+)/g)) {
      if (name !== "item") expect(page.data, name).toHaveProperty(name);
    }
    page.onUnload?.();
  });
});

describe("the WeChat example", () => {
  it("chats, and shows who is here", async () => {
    const page = await openPage("chat/chat.ts");
    write(page, " hello ");
    await page.send?.();
    await until(() => (page.data.lines as unknown[]).length === 1 && page.data.here === 1);
    expect(page.data).toMatchObject({ lines: [{ user: "ann", text: "hello" }], draft: "", here: 1 });
    await page.reload?.();
    expect(page.data.lines).toHaveLength(1);
    page.onUnload?.();
  });

  it("goes on chatting where another one of the same page is left", async () => {
    const page = await openPage("chat/chat.ts");
    const other: Page = Object.assign({}, page);
    other.data = { lines: [] };
    other.setData = () => {};
    other.onLoad?.();
    other.onUnload?.();
    write(page, "still here");
    await page.send?.();
    await until(() => (page.data.lines as { text: string }[]).at(-1)?.text === "still here");
    page.onUnload?.();
  });

  it("shows the newest lines where it missed too much", async () => {
    const texts = Array.from({ length: 150 }, (_, index) => `line ${index}`);
    const page = await openPage("chat/chat.ts");
    await until(() => current.tide.state === "online");
    await publishAll(
      gateway,
      "chat:lobby",
      texts.map((text) => ({ text })),
    );
    await page.reload?.();
    expect((page.data.lines as { text: string }[]).map(({ text }) => text)).toEqual(texts.slice(50));
    page.onUnload?.();
  });

  it.each([
    ["chat/chat.ts", "chat", "lines"],
    ["todo/todo.ts", "todo", "items"],
  ] as const)("%s shows each line once where others come while it reloads", async (file, kind, list) => {
    const room = new SlowRoom();
    vi.spyOn(current.tide, "channel").mockReturnValue(room as never);
    const page = await openPage(file);
    await reloadsAmid(room, kind, kind === "chat");
    expect((page.data[list] as { text: string }[]).map(({ text }) => text)).toEqual(reloaded);
    page.onUnload?.();
  });

  it("shows quotes", async () => {
    const page = await openPage("quotes/quotes.ts");
    await publishAll(gateway, "quote:MSFT", [{ price: 400 }]);
    await until(() => (page.data.rows as { price: string }[])[1]?.price === "400.00");
    await publishAll(gateway, "quote:MSFT", [{ price: 401.5 }]);
    await until(() => (page.data.rows as { price: string }[])[1]?.price === "401.50");
    expect(page.data.rows).toMatchObject([{ price: "–" }, { price: "401.50", rising: true }, { price: "–" }]);
    page.onUnload?.();
  });

  it("shares a list", async () => {
    const page = await openPage("todo/todo.ts");
    const items = () => page.data.items as { id: string; text: string; done: boolean }[];
    for (const text of ["milk", "bread"]) {
      write(page, text);
      page.add?.();
    }
    await until(() => items().length === 2);
    const { id = "", done } = items()[0] ?? {};
    page.tick?.({ currentTarget: { dataset: { id, done } } });
    await until(() => items()[0]?.done === true);
    page.remove?.({ currentTarget: { dataset: { id } } });
    await until(() => items().length === 1);
    expect(items()).toMatchObject([{ text: "bread", done: false }]);
    await until(() => (page.data.people as string[]).length === 1);
    expect(page.data.people).toEqual(["ann"]);
    await publishAll(
      gateway,
      "todo:shared",
      Array.from({ length: 400 }, (_, index) => ({ kind: "add", id: `${index}`, text: `item ${index}` })),
    );
    await page.reload?.();
    expect(items().map(({ text }) => text)).toEqual([
      "bread",
      ...Array.from({ length: 400 }, (_, index) => `item ${index}`),
    ]);
    page.onUnload?.();
  });
});

describe.each([
  ["uni-app", "uniapp/chat.ts"],
  ["Taro", "taro/chat.ts"],
])("the %s example", (_name, file) => {
  it("chats", async () => {
    const { openChat } = (await load(file)) as ChatModule;
    const texts: string[] = [];
    let here = 0;
    const view = {
      show: (messages: { data: { text: string } }[]) => {
        texts.splice(0, texts.length, ...messages.map(({ data }) => data.text));
      },
      people: (count: number) => {
        here = count;
      },
      refused: () => {},
    };
    const chat = openChat(view, current.tide);
    const text = `hello ${Math.random()}`;
    await chat.send(text);
    await until(() => texts.includes(text) && here === 1);
    chat.close();
    expect(texts.filter((seen) => seen === text)).toHaveLength(1);
  });

  it("shows each line once where others come while it reloads", async () => {
    const { openChat } = (await load(file)) as ChatModule;
    const room = new SlowRoom();
    let texts: string[] = [];
    const show = (messages: { data: { text: string } }[]) => {
      texts = messages.map(({ data }) => data.text);
    };
    const chat = openChat({ show, people() {}, refused() {} }, { channel: () => room });
    await reloadsAmid(room, "chat", true);
    expect(texts).toEqual(reloaded);
    chat.close();
  });
});
