/* Apps are written `appid:secret`, so that one setting says which secret is whose. */

import { boolean, duration, integer, kind, webUrl } from "../kinds.ts";
import { listed, setting } from "../setting.ts";

export interface WeChatApp {
  id: string;
  secret: string;
}

const apps = kind("a comma-separated list of appid:secret, none empty, no app twice", readApps);

/** Login with `wx.login`. */
export const wechat = {
  wechatApps: listed(apps, {
    env: "TIDEGATE_WECHAT_APPS",
    secret: true,
    about:
      "Mini-programs whose users may log in with a code of `wx.login`. The first is that of clients that name none. Needs `TIDEGATE_TOKEN_SECRET`.",
  }),
  wechatUrl: setting(webUrl, "https://api.weixin.qq.com", {
    env: "TIDEGATE_WECHAT_URL",
    about: "Where codes are exchanged: WeChat, or what stands in for it in a private network or a test.",
  }),
  wechatUnionid: setting(boolean, "false", {
    env: "TIDEGATE_WECHAT_UNIONID",
    about:
      "Whether a user is known by the `unionid` where WeChat gives one, so that the mini-programs of one account share their users. Otherwise it is the `openid`.",
  }),
  wechatTokenLifetime: setting(duration("1s", "3650d"), "1d", {
    env: "TIDEGATE_WECHAT_TOKEN_LIFETIME",
    about:
      "How long a token lives that is issued for a code; `TIDEGATE_TOKEN_MAX_LIFETIME` where that is less. The client logs in anew before the end.",
  }),
  wechatLoginRate: setting(integer(0, 1_000_000), "120", {
    env: "TIDEGATE_WECHAT_LOGIN_RATE",
    about:
      "Codes a minute that this node exchanges for one address (of IPv6, one /64 network); more is `rate_limited`. 0 sets no limit.",
  }),
};

/** An app twice would leave open which of its secrets is meant. */
function readApps(text: string): readonly WeChatApp[] | undefined {
  const found = text.split(",").map((item) => {
    const [, id = "", secret = ""] = /^([A-Za-z0-9_-]{1,64}):(\S+)$/.exec(item.trim()) ?? [];
    return { id, secret };
  });
  const isWhole = found.every(({ secret }) => secret !== "");
  return isWhole && new Set(found.map(({ id }) => id)).size === found.length ? found : undefined;
}
