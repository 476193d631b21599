/** Characters of a User-Agent that are kept. */
const kept = 256;

/**
 * What a client says that it is, for as long as its connection: a copy, since a part of a string would keep the whole
 * header, which may be 15 KB of it.
 *
 * @returns the handshake's User-Agent, cut, or an empty string
 */
export function agentOf(headers: { "user-agent"?: string | undefined }): string {
  // Node reads headers as Latin-1.
  return Buffer.from((headers["user-agent"] ?? "").slice(0, kept), "latin1").toString("latin1");
}
