import type { Subject } from "../auth/permissions.ts";
import type { Broker, Receipt } from "../backplane/ports.ts";
import { type ErrorCode, Failure } from "../errors.ts";
import type { Meter, PublishSource } from "../meter.ts";
import { countBinary, maxAttachments } from "../protocol/binary.ts";
import { isDeeperThan } from "../protocol/json.ts";
import { encodeHead } from "../protocol/packet.ts";
import { formatPosition } from "../protocol/position.ts";
import { authorize } from "./access.ts";
import type { ChannelPolicy, Rules } from "./rules.ts";

/** Who publishes. Backends publish to every channel that the rules name. */
export type Origin =
  | { source: "api" }
  | {
      source: "client";
      subject: Subject;
      subscribed: boolean;
      channelToken: boolean;
      /** @throws Failure `rate_limited` where the rule's rate is used up */
      pace(policy: ChannelPolicy): void;
    };

export interface Publication {
  channel: string;
  /** Any JSON value, with binary values in it. */
  data: unknown;
  id?: string | undefined;
  /** Connections that are sent `position` in place of the message. */
  except: readonly string[];
}

export interface PublisherOptions {
  rules: Rules;
  broker: Pick<Broker, "publish">;
  meter: Meter;
  now(): number;
  /** Levels of nesting in `data`. */
  maxDepth: number;
  /** Bytes of `data` as JSON, its binary values included. */
  maxBytes: number;
}

/** Room for what a message says besides its data: channel, user, id and time, each bounded. */
const envelopeBytes = 1_024;

/** The only door for publications, whoever they come from. */
export class Publisher {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * Not an async function: thousands are under way at once, and each would keep its data until it is answered.
   *
   * @returns the position, on a channel with history. Once it resolves the message is stored. It rejects with a
   * Failure, and then nothing was published; but after `timeout` that is not known
   */
  publish(publication: Publication, origin: Origin): Promise<string | undefined> {
    const { source } = origin;
    const started = performance.now();
    return this.#attempt(publication, origin).then(
      ({ position }) => {
        this.#tell(source, started, "ok");
        return position && formatPosition(position);
      },
      (thrown: unknown) => {
        const failure = Failure.of(thrown);
        this.#tell(source, started, failure.code);
        throw failure;
      },
    );
  }

  #tell(source: PublishSource, started: number, code: "ok" | ErrorCode): void {
    this.#options.meter.published(source, (performance.now() - started) / 1_000, code);
  }

  #attempt(publication: Publication, origin: Origin): Promise<Receipt> {
    try {
      return this.#send(publication, origin);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  #send({ channel, data, id, except }: Publication, origin: Origin): Promise<Receipt> {
    const policy = this.#options.rules.policyOf(channel);
    if (origin.source === "client") {
      authorize("publish", channel, policy, origin);
      origin.pace(policy);
    }
    const user = origin.source === "client" ? origin.subject.user : undefined;
    const message = { channel, data, id, user, time: this.#options.now() };
    const { head, attachments } = encodeHead("message", message, this.#checkData(data) > 0);
    this.#checkSize(head, attachments);
    return this.#options.broker.publish({
      channel,
      head,
      attachments,
      except,
      retention: policy.history,
      idempotencyKey: id === undefined ? undefined : JSON.stringify([user ?? null, id]),
    });
  }

  /** @returns how many binary values it holds */
  #checkData(data: unknown): number {
    if (data === undefined) throw new Failure("bad_request", "`data` is missing.");
    if (isDeeperThan(data, this.#options.maxDepth)) {
      throw new Failure("bad_request", `\`data\` nests deeper than ${this.#options.maxDepth} levels.`);
    }
    const binaries = countBinary(data);
    if (binaries > maxAttachments) {
      throw new Failure("too_large", `A message carries at most ${maxAttachments} binary values.`);
    }
    return binaries;
  }

  #checkSize(head: string, attachments: readonly Uint8Array[]): void {
    const { maxBytes } = this.#options;
    let bytes = Buffer.byteLength(head);
    for (const attachment of attachments) bytes += attachment.byteLength;
    if (bytes > maxBytes + envelopeBytes)
      throw new Failure("too_large", `\`data\` is at most ${maxBytes} bytes.`);
  }
}
