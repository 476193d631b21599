/*
 * Finds the platform's object where the page did not pass one. Each name is asked for with `typeof`: a name that a
 * platform does not declare would throw, and `globalThis` may be undefined on Douyin and in Alipay's developer tools.
 */

import { createBrowserHost } from "./browser.ts";
import type { Host } from "./host.ts";

declare const wx: Host | undefined;
declare const my: Host | undefined;
declare const tt: Host | undefined;
declare const swan: Host | undefined;
declare const qq: Host | undefined;
declare const ks: Host | undefined;
declare const jd: Host | undefined;
declare const xhs: Host | undefined;
declare const uni: Host | undefined;

let browser: Host | undefined;

/**
 * The host that the code runs in, or undefined. Native objects come before those that wrap them, which
 * change what the native ones do; a page in a WeChat web view has a `wx` without sockets.
 */
export function detectHost(): Host | undefined {
  const candidates = [
    typeof wx === "undefined" ? undefined : wx,
    typeof my === "undefined" ? undefined : my,
    typeof tt === "undefined" ? undefined : tt,
    typeof swan === "undefined" ? undefined : swan,
    typeof qq === "undefined" ? undefined : qq,
    typeof ks === "undefined" ? undefined : ks,
    typeof jd === "undefined" ? undefined : jd,
    typeof xhs === "undefined" ? undefined : xhs,
    typeof uni === "undefined" ? undefined : uni,
  ];
  browser = browser || createBrowserHost();
  return candidates.find((host) => !!host && typeof host.connectSocket === "function") || browser;
}
