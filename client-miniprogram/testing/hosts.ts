import type { TaskStyle } from "./wx.ts";

/** What a host does in its own way. */
export interface HostBehaviour {
  /** How `connectSocket` hands out its task; `direct` where absent. */
  tasks?: TaskStyle;
  /** Binary messages, storage and failures as on Alipay; and tasks only for those who pass `multiple: true`. */
  alipay?: boolean;
  /** The close code of a suspension: 1000 in WeChat. */
  interruptCode?: number;
  /** In the background every call on a socket fails at once, with `interrupted`. */
  refusesInBackground?: boolean;
  /** A socket that is not open yet cannot be closed. */
  keepsOpening?: boolean;
}

export type HostName = "wechat" | "alipay" | "uni-app" | "taro" | "dimina" | "no-tasks";

/** Hosts that differ, by what each is known for. */
export const hosts: Record<HostName, HostBehaviour> = {
  wechat: {},
  alipay: { alipay: true },
  "uni-app": { tasks: "callback" },
  taro: { tasks: "late" },
  dimina: { refusesInBackground: true, keepsOpening: true },
  "no-tasks": { tasks: "none" },
};
