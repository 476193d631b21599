/*
 * What addresses, origins and URLs may be in settings. `kinds.ts` and the settings ask it, `auth/key-set.ts` through
 * them.
 */

import { isIP } from "node:net";
import { compile } from "proxy-addr";

const proxyNames = ["loopback", "linklocal", "uniquelocal"];

/** `https://host` or `https://host:port` as a browser writes it: no path, no default port, no wildcard. */
export function isOrigin(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/.test(text)) return false;
  return /^https?:/.test(text) ? URL.canParse(text) && new URL(text).origin === text : true;
}

/** An address, a CIDR range, or a range's name; all of which proxy-addr takes. */
export function isProxy(text: string): boolean {
  if (proxyNames.includes(text)) return true;
  // proxy-addr reads "1" as 0.0.0.1, where somebody may have meant a number of hops.
  if (isIP(text.replace(/\/.*$/, "")) === 0) return false;
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}

/** An http or https URL without credentials in it. */
export function isWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Whether the URL is read over TLS, or from this machine. */
export function isProtected(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
