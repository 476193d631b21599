import { type Browser, chromium } from "playwright-core";
import { need, program } from "../../../scripts/programs/need.ts";

need("chromium");

/** The system's Chromium, without a window. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: program("chromium"), args: ["--no-sandbox"] });
}
