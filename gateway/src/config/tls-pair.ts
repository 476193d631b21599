/*
 * The certificate of the public port and its key, as they were set, and as their files have them later. The node serves
 * nobody with a pair that does not belong together.
 */

import { X509Certificate } from "node:crypto";
import type { Environment, ReadFile } from "./environment.ts";
import { readSetting } from "./load.ts";
import { areOnePair, type TlsPair } from "./pem.ts";
import { listening } from "./settings/listening.ts";

/**
 * The pair as the environment, or the files that it names, have it now.
 *
 * @returns undefined where the public port is without TLS
 * @throws Error with the fault as its message; nothing of the key is in it
 */
export function readTlsPair(env: Environment, readFile: ReadFile): TlsPair | undefined {
  const cert = readSetting(listening.tlsCert, env, readFile);
  const key = readSetting(listening.tlsKey, env, readFile);
  if (cert === undefined || key === undefined) return undefined;
  if (!areOnePair({ cert, key })) throw new Error("TIDEGATE_TLS_KEY is not the key of TIDEGATE_TLS_CERT");
  return { cert, key };
}

/** When the first certificate, which is the port's own, ends, in Unix milliseconds. */
export function endOf({ cert }: TlsPair): number {
  return new X509Certificate(cert).validToDate.getTime();
}

/** What a phone would refuse: most have no intermediates of their own, and ask for none. */
export function chainWarning({ cert }: TlsPair): string | undefined {
  const { issuer, subject } = new X509Certificate(cert);
  const isAlone = cert.split("BEGIN CERTIFICATE").length === 2;
  if (!isAlone || issuer === subject) return undefined;
  return "TIDEGATE_TLS_CERT has no intermediate certificate; where its authority has one, phones refuse it: use the file with the full chain";
}
