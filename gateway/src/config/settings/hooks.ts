/* What proves to a backend that it is the gateway that asks or tells, and to the gateway that it is the backend. */

import { list } from "../kinds.ts";
import { certificates } from "../pem.ts";
import { listed, optional } from "../setting.ts";

const secrets = list("secrets, each whsec_ and base64 of 24 to 64 bytes", isHookSecret);

/** How hooks are called. */
export const hooks = {
  hookSecret: listed(secrets, {
    env: "TIDEGATE_HOOK_SECRET",
    secret: true,
    about:
      "Secrets that sign what hooks are sent, as Standard Webhooks has them: `whsec_` and base64. Each signs, so that one can be replaced. One hook's own stand in `TIDEGATE_HOOK_SECRET_<NAME>`, its name in capitals, `_` for `-`. In production every hook has one.",
  }),
  hookCa: optional(certificates, {
    env: "TIDEGATE_HOOK_CA",
    fileable: true,
    about: "Authorities that sign the certificates of hooks, as PEM; without it those of Node.",
  }),
};

function isHookSecret(text: string): boolean {
  const [, key = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(key, "base64");
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString("base64") === key;
}
