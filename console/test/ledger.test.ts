import { describe, expect, it } from "vitest";
import { Ledger } from "../src/rooms/try/ledger.ts";

/** A ledger in which the channel stands at 10 and the phone has begun there. */
function begun(): Ledger {
  const ledger = new Ledger();
  ledger.begin("ann", "chat", "e:10");
  return ledger;
}

const counts = { published: 0, received: 0, toldReset: 0, waiting: 0, twice: 0, lost: 0 };

describe("the count of a phone", () => {
  it("is of what came after it began", () => {
    const ledger = begun();
    expect(ledger.counts("ann")).toEqual(counts);
    ledger.stored("chat", "e:12");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 2, waiting: 2 });
    ledger.received("ann", "chat", "e:11");
    ledger.received("ann", "chat", "e:12");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 2, received: 2 });
  });

  it("has what was left out as lost, and what came again as twice", () => {
    const ledger = begun();
    ledger.received("ann", "chat", "e:13");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 3, received: 1, lost: 2 });
    ledger.received("ann", "chat", "e:12");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 3, received: 1, lost: 2, twice: 1 });
  });

  it("has what it was told of as reset, and no more than that", () => {
    const ledger = begun();
    ledger.received("ann", "chat", "e:11");
    ledger.toldReset("ann", "chat", "e:20");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 10, received: 1, toldReset: 9 });
    ledger.received("ann", "chat", "e:21");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 11, received: 2, toldReset: 9 });
  });

  it("goes on in another epoch, with what was missed in both told", () => {
    const ledger = begun();
    ledger.stored("chat", "e:12");
    ledger.toldReset("ann", "chat", "f:3");
    ledger.received("ann", "chat", "f:4");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 6, received: 1, toldReset: 5 });
  });

  it("has what another epoch hides as lost, where nobody was told", () => {
    const ledger = begun();
    ledger.stored("chat", "e:12");
    ledger.received("ann", "chat", "f:2");
    expect(ledger.counts("ann")).toEqual({ ...counts, published: 4, received: 1, lost: 3 });
  });
});
