import { expect, it } from "vitest";
import type { Channel } from "../src/index.ts";
import { PageLog } from "./support/page-log.ts";

/** What happens to a page, in order: it subscribes at a position, is told to go on from one, or gets a message. */
type Happening = { subscribed: string } | { reset: string } | string;

function holesOf(happenings: readonly Happening[]): string[] {
  const tell: { [event: string]: (value?: object) => void } = {};
  const room = {
    position: "",
    on: (event: string, listener: () => void) => {
      tell[event] = listener;
    },
  };
  const log = new PageLog(room as unknown as Channel);
  for (const happening of happenings) {
    if (typeof happening === "string") tell.message?.({ position: happening });
    else if ("subscribed" in happening) {
      room.position = happening.subscribed;
      log.begin();
    } else {
      room.position = happening.reset;
      tell.reset?.();
    }
  }
  return log.holes();
}

it.each<[string, Happening[]]>([
  ["all of it", [{ subscribed: "e:4" }, "e:5", "e:6"]],
  ["what follows a reset", [{ subscribed: "e:4" }, "e:5", { reset: "f:9" }, "f:10"]],
])("finds nothing where a page saw %s", (_name, happenings) => {
  expect(holesOf(happenings)).toEqual([]);
});

it.each<[string, Happening[], string]>([
  ["right behind the subscribe", [{ subscribed: "e:4" }, "e:6"], "e:4 is followed by e:6"],
  ["right behind a reset", [{ subscribed: "e:4" }, { reset: "f:9" }, "f:11"], "f:9 is followed by f:11"],
  ["between two messages", [{ subscribed: "e:4" }, "e:5", "e:7"], "e:5 is followed by e:7"],
  ["with the epoch", [{ subscribed: "e:4" }, "f:5"], "e:4 is followed by f:5"],
  ["before the subscribe", ["e:1"], "nothing is followed by e:1"],
  ["by a repetition", [{ subscribed: "e:4" }, "e:5", "e:5"], "e:5 is followed by e:5"],
])("finds what is wrong %s", (_name, happenings, hole) => {
  expect(holesOf(happenings)).toEqual([hole]);
});
