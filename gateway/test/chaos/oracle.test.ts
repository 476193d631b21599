import { describe, expect, it } from "vitest";
import { type Position, parsePosition } from "../../src/protocol/position.ts";
import type { Entry } from "./journal.ts";
import { type Evidence, judge, type Tolerance } from "./oracle.ts";

const at = (text: string): Position => parsePosition(text) ?? { epoch: "", offset: -1 };
const message = (text: string, id = `m${at(text).offset}`): Entry => ({
  kind: "message",
  position: at(text),
  id,
});
const start: Entry = { kind: "start", position: at("e:1") };
const stands = (text: string): Entry => ({ kind: "stands", position: at(text) });
const told = (text: string): Entry => ({ kind: "told", position: at(text) });

interface Case {
  entries: Entry[];
  acknowledged?: string[];
  top?: string;
  tolerance?: Tolerance;
  isValue?: boolean;
}

function faults({ entries, acknowledged = [], top = "e:3", tolerance = "nothing", isValue = false }: Case) {
  const evidence: Evidence = {
    logs: [{ client: "ann", channel: "room", entries }],
    acknowledged: acknowledged.map((text) => ({
      channel: "room",
      id: `m${at(text).offset}`,
      position: at(text),
    })),
    tops: new Map([["room", at(top)]]),
    tolerance: () => tolerance,
    size: () => 10,
    isValue: () => isValue,
  };
  return judge(evidence).map(({ kind }) => kind);
}

describe("the oracle", () => {
  it("finds nothing where each message came once and in order", () => {
    const acknowledged = ["e:2", "e:3"];
    expect(faults({ entries: [start, message("e:2"), message("e:3")], acknowledged })).toEqual([]);
    expect(faults({ entries: [start, message("e:2"), message("e:3"), stands("e:3")], acknowledged })).toEqual(
      [],
    );
  });

  it("sees a hole", () => {
    expect(faults({ entries: [start, message("e:3"), stands("e:3")] })).toContain("hole");
  });

  it("takes a hole after a failover for a loss that is told, once a reply has accounted for it", () => {
    const tolerance = "alarm";
    const hole = [start, message("e:3")];
    expect(faults({ entries: [...hole, message("e:2"), message("e:3"), stands("e:3")], tolerance })).toEqual(
      [],
    );
    expect(faults({ entries: [...hole, stands("e:3")], tolerance })).toEqual(["silent loss"]);
    expect(faults({ entries: hole, tolerance })).toEqual(["silent loss"]);
  });

  it("sees a duplicate", () => {
    expect(faults({ entries: [start, message("e:2"), message("e:2"), message("e:3")] })).toEqual([
      "duplicate",
    ]);
  });

  it("sees a reorder", () => {
    const entries = [start, message("e:2"), message("e:3"), message("e:2")];
    expect(faults({ entries })).toEqual(["reorder"]);
  });

  it("sees a client that is left behind", () => {
    expect(faults({ entries: [start, message("e:2")] })).toEqual(["silent loss"]);
  });

  it("sees a recovery that leaves out its end", () => {
    expect(faults({ entries: [start, message("e:2"), stands("e:3")] })).toEqual(["silent loss"]);
  });

  it("sees what was acknowledged and is not stored", () => {
    expect(faults({ entries: [start, message("e:2"), message("e:3")], acknowledged: ["e:4"] })).toEqual([
      "silent loss",
    ]);
  });

  it("sees another message at an acknowledged position", () => {
    const entries = [start, message("e:2", "other"), message("e:3")];
    expect(faults({ entries, acknowledged: ["e:2"] })).toEqual(["mixed"]);
  });

  it("sees one message at two positions", () => {
    expect(faults({ entries: [start, message("e:2", "m"), message("e:3", "m")] })).toEqual(["mixed"]);
  });

  it("sees an epoch that changed where nothing may be lost", () => {
    expect(faults({ entries: [start, told("f:3")], top: "f:3" })).toEqual(["false alarm"]);
    expect(faults({ entries: [start, told("f:3")], top: "f:3", tolerance: "loss" })).toEqual([]);
  });

  it("sees a client that does not hear of the new epoch", () => {
    expect(faults({ entries: [start, message("e:2")], top: "f:2", tolerance: "alarm" })).toEqual([
      "silent loss",
    ]);
  });

  it("sees a new epoch that no reply accounts for", () => {
    const entries = [start, message("f:2")];
    expect(faults({ entries, top: "e:1", tolerance: "alarm" })).toEqual(["silent loss"]);
  });

  it("sees `recovered: false` within the window", () => {
    expect(faults({ entries: [start, told("e:3")] })).toEqual(["false alarm"]);
    expect(faults({ entries: [start, told("e:3")], tolerance: "loss" })).toEqual(["false alarm"]);
    expect(faults({ entries: [start, told("e:12")], top: "e:12" })).toEqual([]);
  });

  it("sees a gap behind which nothing was missing", () => {
    const entries: Entry[] = [start, { kind: "gap" }, message("e:2"), message("e:3"), stands("e:3")];
    expect(faults({ entries })).toEqual(["false alarm"]);
    expect(faults({ entries, tolerance: "alarm" })).toEqual([]);
  });

  it("asks nothing of those who have left", () => {
    expect(faults({ entries: [start, { kind: "end" }] })).toEqual([]);
  });

  it("lets values be left out, and not go back or stay behind", () => {
    const isValue = true;
    expect(faults({ entries: [start, message("e:3"), message("e:3"), stands("e:3")], isValue })).toEqual([]);
    expect(faults({ entries: [start, message("e:3"), message("e:2"), message("e:3")], isValue })).toEqual([
      "reorder",
    ]);
    expect(faults({ entries: [start, message("e:2")], isValue })).toEqual(["silent loss"]);
  });

  it("lets a value go back where the newer one was lost, and the reply stands in another epoch", () => {
    const entries = [start, message("e:3"), message("e:2")];
    const both = { isValue: true, top: "f:2" };
    expect(faults({ ...both, entries: [...entries, stands("f:2")], tolerance: "alarm" })).toEqual([]);
    expect(faults({ ...both, entries: [...entries, stands("f:2")] })).toEqual(["reorder"]);
    const same = [...entries, stands("e:2")];
    expect(faults({ ...both, entries: same, top: "e:2", tolerance: "alarm" })).toEqual(["reorder"]);
    expect(faults({ ...both, entries, top: "e:2", tolerance: "alarm" })).toEqual(["reorder"]);
  });
});
