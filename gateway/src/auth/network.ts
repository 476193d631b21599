import { isIPv6 } from "node:net";

/**
 * What is counted as one address. One subscriber of IPv6 has a /64 network at least, and any address in it.
 *
 * @returns the address itself where it is of IPv4
 */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".") || !isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - groups.length - last.length;
  return [...groups, ...Array<string>(zeros).fill("0"), ...last].slice(0, 4).join(":");
}
