/** What a browser and its extensions put before the host of a page's origin. */
const pageSchemes = new Set([
  ...["http", "https", "ws", "wss", "file", "ftp", "blob", "data", "about", "content"],
  ...["isolated-app", "ipfs", "ipns", "vscode-webview"],
]);
const extension = /extension$/;

const defaultPorts = new Map([
  ["http", 80],
  ["ws", 80],
  ["https", 443],
  ["wss", 443],
]);

/** Scheme, authority, and what some clients leave after it: go.socket.io sends the whole URL. */
const form = /^([a-z][a-z0-9+.-]*):\/\/([^\s,/?#]+)(?:[/?#]\S*)?$/;
/** A name, an IPv4 address or an IPv6 address in brackets, and a port; nobody's name and password before it. */
const authorityForm = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/;

/** Whether a request with these headers may connect. */
export type OriginCheck = (origin: string | undefined, host: string | undefined) => boolean;

/**
 * An Origin keeps pages of other sites out. So whoever sends none is let in, and whoever names the host that it
 * connects to: native WebSockets send that of their own server. While no origin is named, one that no page can have is
 * let in as well: WeChat's mini-games send `weapp://wechat-game-runtime`. A list names all others that may connect.
 *
 * @param allowed exact origins, or `*` for any
 * @param open whether any origin may connect while none is named */
export function originCheck(allowed: readonly string[], open: boolean): OriginCheck {
  const origins = new Set(allowed);
  const unlisted = origins.size === 0;
  const any = origins.has("*") || (open && unlisted);
  return (origin, host) => {
    if (origin === undefined || any || origins.has(origin)) return true;
    const [, scheme, authority] = form.exec(origin.toLowerCase()) ?? [];
    if (scheme === undefined || authority === undefined) return false;
    return isOwn(scheme, authority, host) || (unlisted && !isPage(scheme));
  };
}

/** Whether a page of the same host that came over HTTP from this port asks. */
export function isOfPort(origin: string | undefined, host: string | undefined, port: number): boolean {
  const [, scheme, authority = ""] = form.exec((origin ?? "").toLowerCase()) ?? [];
  const from = authorityForm.exec(authority);
  const to = authorityForm.exec((host ?? "").toLowerCase());
  if (scheme !== "http" || !from || !to) return false;
  return from[1] === to[1] && Number(from[2] ?? 80) === port;
}

function isPage(scheme: string): boolean {
  return pageSchemes.has(scheme) || extension.test(scheme);
}

/**
 * Texts are compared, not what they may stand for: clients write both headers out of one URL. A Host without a port
 * has the default one of the connection, which a proxy may have taken TLS from: that of the origin's scheme.
 */
function isOwn(scheme: string, authority: string, host = ""): boolean {
  const usual = defaultPorts.get(scheme);
  const from = authorityForm.exec(authority);
  const to = authorityForm.exec(host.toLowerCase());
  if (usual === undefined || !from || !to) return false;
  return from[1] === to[1] && Number(from[2] ?? usual) === Number(to[2] ?? usual);
}
