/*
 * The certificate of the public port while the node runs: taken anew when its files change, and told of before it ends.
 * `App` starts and stops it. Without it a renewed certificate would need a restart, which sends every client away.
 */

import type { Server } from "node:https";
import type { TlsPair } from "../config/pem.ts";
import { endOf } from "../config/tls-pair.ts";
import type { Log } from "../log.ts";

/** A certificate and its key, and how they are read again. */
export interface TlsSource {
  /** What the server was made with. */
  pair: TlsPair;
  /**
   * The pair as it is now.
   *
   * @throws Error where it cannot be used
   */
  read(): TlsPair | undefined;
}

export interface CertificateOptions extends TlsSource {
  server: Pick<Server, "setSecureContext">;
  log: Log;
  /** Unix milliseconds. */
  now(): number;
}

const second = 1_000;
const day = 86_400 * second;
/** Milliseconds between two looks. Files are looked at rather than watched: what mounts secrets swaps folders. */
const interval = 10 * second;
/** Milliseconds before the end from which it is told, once a day: whoever renews does so a month before. */
const notice = 14 * day;

export class Certificate {
  readonly #options: CertificateOptions;
  #pair: TlsPair;
  #timer: NodeJS.Timeout | undefined;
  /** Why the files cannot be used, so that it is told once. */
  #fault: string | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: CertificateOptions) {
    this.#options = options;
    this.#pair = options.pair;
  }

  start(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes the files as they are now, and says so where the certificate ends soon. */
  look(): void {
    try {
      const pair = this.#options.read();
      if (pair) this.#take(pair);
      this.#fault = undefined;
    } catch (error) {
      this.#tellFault(error);
    }
    this.#tellEnd();
  }

  #take(pair: TlsPair): void {
    const { cert, key } = this.#pair;
    if (pair.cert === cert && pair.key === key) return;
    const { server, log } = this.#options;
    server.setSecureContext({ ...tlsOptions, ...pair });
    this.#pair = pair;
    this.#toldAt = Number.NEGATIVE_INFINITY;
    log.write("tls_certificate_taken", { until: dateOf(endOf(pair)) });
  }

  /** The certificate before goes on serving: a file may be half written. */
  #tellFault(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#options.log.write("tls_certificate_refused", { cause: fault });
  }

  #tellEnd(): void {
    const { log, now } = this.#options;
    const end = endOf(this.#pair);
    if (end - now() > notice || now() - this.#toldAt < day) return;
    this.#toldAt = now();
    log.write("tls_certificate_ends", { until: dateOf(end) });
  }
}

/**
 * @param read where it is absent, the pair stays as it is
 * @returns undefined where the public port has no certificate of its own
 */
export function tlsSource(
  { tlsCert: cert, tlsKey: key }: { tlsCert: string | undefined; tlsKey: string | undefined },
  read?: TlsSource["read"],
): TlsSource | undefined {
  if (cert === undefined || key === undefined) return undefined;
  const pair = { cert, key };
  return { pair, read: read ?? (() => pair) };
}

/** Mini-programs ask for TLS 1.2; a WebSocket is upgraded from HTTP/1.1, which a browser is told before it asks. */
export const tlsOptions = { minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] } as const;

function dateOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
