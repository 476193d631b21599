import { computed } from "@preact/signals";
import { language } from "../look.ts";
import { en, type Words } from "./en.ts";
import { zh } from "./zh.ts";

/** The words of the language that is chosen now. */
export const words = computed<Words>(() => (language.value === "zh" ? zh : en));
