/* Numbers and times as people read them. What comes from the API is shown as text, never as HTML. */

import { language } from "./look.ts";

export function number(value: number, digits = 0): string {
  return value.toLocaleString(language.value === "zh" ? "zh-CN" : "en", { maximumFractionDigits: digits });
}

/** Short enough for the side of a curve: 12k, 3.4M. */
export function short(value: number): string {
  if (value < 10_000) return number(value, value < 10 ? 1 : 0);
  return Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** @param time Unix milliseconds */
export function clock(time: number): string {
  const at = new Date(time);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Today's times without the day. @param time Unix milliseconds */
export function moment(time: number): string {
  const at = new Date(time);
  if (at.toDateString() === new Date().toDateString()) return clock(time);
  const day = at.toLocaleDateString(language.value === "zh" ? "zh-CN" : "en", {
    month: "short",
    day: "numeric",
  });
  return `${day} ${clock(time)}`;
}

const units = [
  ["d", "天", 86_400],
  ["h", "小时", 3_600],
  ["min", "分", 60],
  ["s", "秒", 1],
] as const;

/** The two largest units: 3 d 4 h. */
export function duration(seconds: number): string {
  const isChinese = language.value === "zh";
  const parts: string[] = [];
  let left = Math.max(0, Math.round(seconds));
  for (const [english, chinese, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(isChinese ? `${count} ${chinese}` : `${count} ${english}`);
  }
  return parts.slice(0, 2).join(" ") || (isChinese ? "0 秒" : "0 s");
}

/** JSON on one line, cut: a message of 64 KiB is opened by whoever wants to read it. */
export function preview(data: unknown, most = 160): string {
  const text = typeof data === "string" ? JSON.stringify(data.slice(0, most + 1)) : JSON.stringify(data);
  if (text === undefined) return "";
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
