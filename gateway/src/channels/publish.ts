/*
 * Owns the way from data to a stored message. Backends come in by `publish`; clients come from `connection/handlers`,
 * which asks the rules and charges the rate first. Both meet in `send`, so that a message does not differ by who sent
 * it.
 */

import type { Broker, Receipt } from "../backplane/ports.ts";
import { type ErrorCode, Failure } from "../errors.ts";
import type { Meter, PublishSource } from "../meter.ts";
import { countBinary, maxAttachments } from "../protocol/binary.ts";
import { type Shape, shapeOf } from "../protocol/json.ts";
import { encodeHead, type PacketHead } from "../protocol/packet.ts";
import { formatPosition } from "../protocol/position.ts";
import type { ChannelPolicy, Rules } from "./rules.ts";

export interface Publication {
  channel: string;
  /** Any JSON value, with binary values in it. */
  data: unknown;
  id?: string | undefined;
  /** The client's user; absent where a backend publishes. */
  user?: string;
  /** Connections that are sent `position` in place of the message. */
  except: readonly string[];
}

export interface PublisherOptions {
  rules: Pick<Rules, "policyOf">;
  broker: Pick<Broker, "publish">;
  meter: Pick<Meter, "published">;
  now(): number;
  /** Levels of nesting in a backend's `data`. A client's is checked with its payload. */
  maxDepth: number;
  /** Bytes of `data` as JSON, its binary values included. */
  maxBytes: number;
}

/** Room for what a message says besides its data: channel, user, id and time, each bounded. */
const envelopeBytes = 1_024;
/** Bytes above which hooks are told of a message without its data. */
const briefBytes = 8_192;

/** Makes messages of publications and hands them to the broker. */
export class Publisher {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** A backend's publication, which may go to every channel that the rules name. As `measure`. */
  publish(publication: Publication): Promise<string | undefined> {
    return this.measure("api", () => {
      const policy = this.#options.rules.policyOf(publication.channel);
      return this.send(publication, policy, this.shapeOf(publication.data));
    });
  }

  /**
   * Counts and times a publication, from the first question whether it may be made to its receipt. Not an async
   * function: thousands are under way at once, and each would keep its data until it is answered.
   *
   * @param attempt may throw instead
   * @returns the position, on a channel with history. Once it resolves the message is stored. It rejects with a
   * Failure, and then nothing was published; but after `timeout` that is not known
   */
  measure(source: PublishSource, attempt: () => Promise<Receipt>): Promise<string | undefined> {
    const started = performance.now();
    return begin(attempt).then(
      ({ position }) => {
        this.#count(source, started, "ok");
        return position && formatPosition(position);
      },
      (thrown: unknown) => {
        const failure = Failure.of(thrown);
        this.#count(source, started, failure.code);
        throw failure;
      },
    );
  }

  /**
   * @param publication whose publisher may do that
   * @param shape of the data, or of what it came in; not `deep`
   * @throws Failure `bad_request`, `too_large`; before anything is published
   */
  send(publication: Publication, policy: ChannelPolicy, shape: Shape): Promise<Receipt> {
    const { channel, id, user, except } = publication;
    const { head, attachments, time } = this.check(publication, shape);
    return this.#options.broker.publish({
      channel,
      head,
      attachments,
      except,
      brief: briefOf({ channel, id, user, time }, head, attachments),
      retention: policy.history,
      // The same id of another user is another publication, and so is a backend's.
      idempotencyKey: id === undefined ? undefined : JSON.stringify([user ?? null, id]),
    });
  }

  /** @returns the message as it is sent, up to its position. @throws Failure as `send`; nothing is published here */
  check({ channel, data, id, user }: Publication, shape: Shape): PacketHead & { time: number } {
    const time = this.#options.now();
    const message = { channel, data, id, user, time };
    const { head, attachments } = encodeHead("message", message, binariesOf(data, shape) > 0);
    this.#checkSize(head, attachments);
    return { head, attachments, time };
  }

  /** The shape of data that nobody has walked yet. @throws Failure `bad_request` where it nests too deep */
  shapeOf(data: unknown): Shape {
    const { maxDepth } = this.#options;
    const shape = shapeOf(data, maxDepth);
    if (shape === "deep") throw new Failure("bad_request", `\`data\` nests deeper than ${maxDepth} levels.`);
    return shape;
  }

  #count(source: PublishSource, started: number, code: "ok" | ErrorCode): void {
    this.#options.meter.published(source, (performance.now() - started) / 1_000, code);
  }

  #checkSize(head: string, attachments: readonly Uint8Array[]): void {
    const { maxBytes } = this.#options;
    let bytes = Buffer.byteLength(head);
    for (const attachment of attachments) bytes += attachment.byteLength;
    if (bytes > maxBytes + envelopeBytes)
      throw new Failure("too_large", `\`data\` is at most ${maxBytes} bytes.`);
  }
}

/** Hooks are told where a long message stands in place of its data. */
function briefOf(
  message: { channel: string; id: string | undefined; user: string | undefined; time: number },
  head: string,
  attachments: readonly Uint8Array[],
): string | undefined {
  if (attachments.length === 0 && Buffer.byteLength(head) <= briefBytes) return undefined;
  return JSON.stringify(message).slice(0, -1);
}

function begin(attempt: () => Promise<Receipt>): Promise<Receipt> {
  try {
    return attempt();
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

/** @returns how many binary values the data holds. @throws Failure for data that cannot be a message */
function binariesOf(data: unknown, shape: Shape): number {
  if (data === undefined) throw new Failure("bad_request", "`data` is missing.");
  if (shape === "plain") return 0;
  const binaries = countBinary(data);
  if (binaries > maxAttachments) {
    throw new Failure("too_large", `A message carries at most ${maxAttachments} binary values.`);
  }
  return binaries;
}
