import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TlsPair } from "../../src/config/pem.ts";
import { chainWarning, endOf } from "../../src/config/tls-pair.ts";
import { createLog } from "../../src/log.ts";
import { Certificate } from "../../src/transport/certificate.ts";
import { Authority } from "../support/authority.ts";

const day = 86_400_000;

let authority: Authority;
let first: TlsPair;
let second: TlsPair;
let root: string;
beforeAll(async () => {
  authority = await Authority.make();
  first = await pairOf("first.test");
  second = await pairOf("second.test");
  root = await authority.read(authority.ca);
});
afterAll(() => authority.remove());

async function pairOf(host: string): Promise<TlsPair> {
  const files = await authority.certify(host);
  return { cert: await authority.read(files.cert), key: await authority.read(files.key) };
}

/** A certificate at a time so many milliseconds before its end, and what it does. */
function watched(before: number) {
  const state = { now: endOf(first) - before, read: (): TlsPair | undefined => first };
  const lines: string[] = [];
  const taken: TlsPair[] = [];
  const write = (line: string) => void lines.push((JSON.parse(line) as { msgId: string }).msgId);
  const certificate = new Certificate({
    server: { setSecureContext: ({ cert, key }) => void taken.push({ cert: `${cert}`, key: `${key}` }) },
    pair: first,
    read: () => state.read(),
    log: createLog("info", "test", { write }),
    now: () => state.now,
  });
  return { certificate, state, lines, taken };
}

describe("the end of a certificate", () => {
  it("is told two weeks before, then once a day, and no more once another is there", () => {
    const { certificate, state, lines } = watched(14 * day + 1);
    certificate.look();
    expect(lines).toEqual([]);
    state.now += 1;
    certificate.look();
    certificate.look();
    expect(lines).toEqual(["tls_certificate_ends"]);
    state.now += day;
    certificate.look();
    expect(lines).toHaveLength(2);
    state.read = () => second;
    state.now = endOf(second) - 30 * day;
    certificate.look();
    state.now += day;
    certificate.look();
    expect(lines.slice(2)).toEqual(["tls_certificate_taken"]);
  });
});

describe("files that cannot be used", () => {
  it("are told once for each fault, and taken once they can", () => {
    const { certificate, state, lines, taken } = watched(30 * day);
    const fail = (message: string) => () => {
      throw new Error(message);
    };
    for (const read of [fail("half"), fail("half"), fail("gone"), () => second, () => second]) {
      state.read = read;
      certificate.look();
    }
    expect(lines).toEqual(["tls_certificate_refused", "tls_certificate_refused", "tls_certificate_taken"]);
    expect(taken).toEqual([second]);
  });
});

it("a certificate without its intermediates is warned of", () => {
  expect(chainWarning(first)).toMatch(/^TIDEGATE_TLS_CERT has no intermediate certificate/);
  expect(chainWarning({ ...first, cert: first.cert + root })).toBeUndefined();
  expect(chainWarning({ ...first, cert: root })).toBeUndefined();
});
