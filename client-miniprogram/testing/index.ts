/** A mini-program platform for the tests of apps, without a phone. */
export { ManualClock } from "./clock.ts";
export { type HostBehaviour, type HostName, hosts } from "./hosts.ts";
export {
  type DialOptions,
  internet,
  MemoryNetwork,
  type Network,
  Peer,
  type Wire,
  type WireEvents,
} from "./network.ts";
export { type NetworkType, Phone, type PhoneOptions } from "./phone.ts";
export type { WakeOrder } from "./thread.ts";
export type { SimulatedWx, TaskStyle } from "./wx.ts";
