/*
 * A hook: a backend that is asked, or told. What its keys mean together; a key that would be ignored is a fault, since
 * its author relies on it.
 */

import { z } from "zod";
import type { QuestionKind } from "../meter.ts";
import { expected, wrongKeys } from "./file-kinds.ts";
import { batchShape, hookShape, keepShape, type TidingKind } from "./hook-shape.ts";

export type { TidingKind } from "./hook-shape.ts";

interface Hook {
  name: string;
  url: string;
  /** The channels that it is asked about, or told of; a pattern. */
  channels: string;
  /** Milliseconds that a call may take. */
  timeout: number;
  /** It may be http in production. */
  plain: boolean;
  /** `whsec_` and base64. Each signs; none: the calls are not signed. */
  secrets: readonly string[];
}

/** A backend that decides. */
export interface AskingHook extends Hook {
  ask: readonly QuestionKind[];
}

/** A backend that is told what has happened. */
export interface TellingHook extends Hook {
  tell: readonly TidingKind[];
  /** `wait` in milliseconds. */
  batch: { size: number; wait: number };
  /** `size` in bytes, `age` in milliseconds. */
  keep: { size: number; age: number };
}

/** All hooks, each kind in the order of the file. */
export interface Hooks {
  asking: readonly AskingHook[];
  telling: readonly TellingHook[];
}

export const noHooks: Hooks = { asking: [], telling: [] };

type WrittenHook = z.output<z.ZodObject<typeof hookShape>>;
type Fault = [path: readonly PropertyKey[], message: string];

const hookSchema = z
  .strictObject(hookShape, wrongKeys("a hook, a mapping with name and url", hookShape))
  .superRefine(
    (hook, context) => {
      for (const [path, message] of contradictions(hook)) {
        context.addIssue({ code: "custom", path: [...path], message });
      }
    },
    { when: ({ value }) => typeof value === "object" && value !== null },
  );

/** The list of hooks as the file has it; without their secrets, which stand in the environment. */
export const hooksSchema = z
  .array(hookSchema, expected("a list of hooks"))
  .superRefine(
    (hooks, context) => {
      for (const [path, message] of conflicts(hooks)) {
        context.addIssue({ code: "custom", path: [...path], message });
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  )
  .transform(complete);

const timeouts = {
  ask: { min: 100, max: 5_000, usual: 1_000, words: "a duration from 100ms to 5s" },
  tell: { min: 1_000, max: 30_000, usual: 15_000, words: "a duration from 1s to 30s" },
};

const ofChannels = ["subscribe", "publish", "occupied", "vacated", "published"];

/** Keys of one hook that do not go together, each at the key that has to change. */
function* contradictions({ ask, tell, timeout, channels, batch, keep }: WrittenHook): Generator<Fault> {
  if ((ask === undefined) === (tell === undefined)) {
    yield [[ask ? "tell" : "ask"], "a hook has either ask or tell; write two hooks for both"];
    return;
  }
  const { min, max, words } = timeouts[ask ? "ask" : "tell"];
  if (typeof timeout === "number" && (timeout < min || timeout > max)) yield [["timeout"], expected(words)];
  if (ask && batch !== undefined) yield [["batch"], "a hook that is asked has no batch"];
  if (ask && keep !== undefined) yield [["keep"], "a hook that is asked keeps nothing"];
  const kinds: readonly unknown[] = [ask ?? tell].flat();
  if (channels !== undefined && !kinds.some((kind) => ofChannels.includes(String(kind)))) {
    yield [["channels"], `channels goes with ${ofChannels.join(", ")}`];
  }
}

/** What one hook takes from another. */
function* conflicts(hooks: readonly Partial<WrittenHook>[]): Generator<Fault> {
  const names = new Set<unknown>();
  const asked = new Set<QuestionKind>();
  for (const [index, hook] of hooks.entries()) {
    const { name, ask } = Object(hook) as Partial<WrittenHook>;
    if (name !== undefined && names.has(name)) yield [[index, "name"], "another hook has this name"];
    names.add(name);
    for (const kind of ["connect", "request"] as const) {
      if (!Array.isArray(ask) || !ask.includes(kind)) continue;
      if (asked.has(kind)) yield [[index, "ask"], `${kind} is asked of a hook before this one`];
      asked.add(kind);
    }
  }
}

function complete(hooks: readonly WrittenHook[]): Hooks {
  const asking: AskingHook[] = [];
  const telling: TellingHook[] = [];
  for (const { ask, tell, batch, keep, channels = "**", timeout, ...rest } of hooks) {
    const hook = { ...rest, channels, secrets: [] };
    if (ask) asking.push({ ...hook, ask, timeout: timeout ?? timeouts.ask.usual });
    else if (tell)
      telling.push({ ...hook, tell, ...parts(batch, keep), timeout: timeout ?? timeouts.tell.usual });
  }
  return { asking, telling };
}

function parts(batch: WrittenHook["batch"], keep: WrittenHook["keep"]): Pick<TellingHook, "batch" | "keep"> {
  return {
    batch: batch ?? z.object(batchShape).parse({}),
    keep: keep ?? z.object(keepShape).parse({}),
  };
}
