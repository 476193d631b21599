/*
 * The file of TIDEGATE_CONFIG as a whole: channel rules, hooks, and what holds for the fleet. `load.ts` reads it, and
 * gives the hooks their secrets, which never stand here.
 */

import { z } from "zod";
import { expected, wrongKeys } from "./file-kinds.ts";
import { limits, settle } from "./hook-shape.ts";
import { type Hooks, hooksSchema, noHooks } from "./hooks.ts";
import { type ChannelRule, ruleSchema } from "./rules.ts";
import { parseYaml } from "./yaml.ts";

/** What the file says, with the defaults of what it leaves out. */
export interface ConfigFile {
  rules: readonly ChannelRule[];
  hooks: Hooks;
  /** Milliseconds. */
  settle: number;
  limits: { connectionsPerUser?: number | undefined };
}

/** What holds without a file, rules apart. */
export const withoutFile: Omit<ConfigFile, "rules"> = {
  hooks: noHooks,
  settle: settle.parse(undefined),
  limits: {},
};

const fileShape = {
  channels: z.array(ruleSchema, expected("a list of rules")),
  hooks: hooksSchema.default(noHooks),
  settle,
  limits: limits.default({}),
};

type WrittenFile = z.output<z.ZodObject<typeof fileShape>>;

const fileSchema = z
  .strictObject(fileShape, wrongKeys("a mapping with the key channels", fileShape))
  .superRefine(
    (file, context) => {
      for (const { path, kind } of unanswered(file)) {
        context.addIssue({ code: "custom", path, message: `no hook is asked ${kind}; add one to hooks` });
      }
    },
    { when: ({ value }) => typeof value === "object" && value !== null },
  )
  .transform(({ channels: rules, ...rest }): ConfigFile => ({ rules, ...rest }));

/** Rules that leave to a hook what none is asked. Of hooks with faults of their own nothing is known. */
function* unanswered({ channels, hooks }: Partial<WrittenFile>) {
  if (!Array.isArray(channels) || !hooks?.asking) return;
  for (const [index, rule] of channels.entries()) {
    for (const kind of ["subscribe", "publish"] as const) {
      if (Object(rule)[kind] !== "hook" || hooks.asking.some(({ ask }) => ask.includes(kind))) continue;
      yield { path: ["channels", index, kind], kind };
    }
  }
}

/**
 * The text of the file.
 *
 * @param file its name, for the faults
 * @returns the faults instead where there are any, all of them, each with its line, column and path
 */
export function parseFile(text: string, file: string): ConfigFile | { faults: string[] } {
  const parsed = parseYaml(text, file, fileSchema);
  return "faults" in parsed ? parsed : parsed.value;
}
