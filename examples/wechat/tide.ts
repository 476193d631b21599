import { connect, type Tide } from "tidegate-miniprogram";
import { gateway } from "./settings";

/** The app's connection; every page calls this and gets the same one. */
export function tide(): Tide {
  return connect(gateway, { login: "wechat", storage: true });
}
