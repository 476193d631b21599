import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelList } from "../../src/channels/channel-list.ts";

const all = { prefix: "", after: "", limit: 100 };

let scans = 0;
beforeEach(() => {
  scans = 0;
  vi.useFakeTimers({ toFake: ["setTimeout"] });
});
afterEach(() => void vi.useRealTimers());

/** Channels that are counted each time they are gone through. */
function listOf(count: number): ChannelList {
  return new ChannelList(function* () {
    scans += 1;
    for (let at = count; at > 0; at--)
      yield { channel: `chat:${String(at).padStart(7, "0")}`, subscribers: 1 };
  });
}

describe("a node's channels", () => {
  it("are gone through once for all who ask at once, whatever they ask", async () => {
    const list = listOf(500);
    const first = list.page(all);
    const asked = ["", "chat:", "no"].flatMap((prefix) => [
      list.page({ ...all, prefix }),
      list.page({ ...all, prefix }),
    ]);
    await first;
    await vi.advanceTimersByTimeAsync(1_000);
    const pages = await Promise.all(asked);
    expect(scans).toBe(2);
    expect(pages.map(({ channels }) => channels.length)).toEqual([100, 100, 100, 100, 0, 0]);
  });

  it("are gone through once a second at most", async () => {
    const list = listOf(10);
    await list.page(all);
    let isAnswered = false;
    const second = list.page(all).then(() => {
      isAnswered = true;
    });
    await vi.advanceTimersByTimeAsync(900);
    expect({ scans, isAnswered }).toEqual({ scans: 1, isAnswered: false });
    await vi.advanceTimersByTimeAsync(100);
    await second;
    expect(scans).toBe(2);
  });

  it("let the event loop turn while many are gone through", async () => {
    let turns = 0;
    let isDone = false;
    const page = listOf(300_000).page(all);
    void page.then(() => {
      isDone = true;
    });
    while (!isDone) {
      await nextTurn();
      turns += 1;
    }
    expect((await page).channels[0]).toEqual({ channel: "chat:0000001", subscribers: 1 });
    expect(turns).toBeGreaterThan(5);
  });

  it("are not looked for by more than so many different questions at once", async () => {
    const list = listOf(1);
    await list.page(all);
    const asked = Array.from({ length: 40 }, (_, at) => list.page({ ...all, prefix: String(at) }));
    const settled = Promise.allSettled(asked);
    await vi.advanceTimersByTimeAsync(1_000);
    const outcomes = await settled;
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(8);
    expect(refused[0]).toMatchObject({ reason: { code: "unavailable" } });
  });
});
