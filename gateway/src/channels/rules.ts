/*
 * Finds the policy of a channel: the first rule of the operator's file that matches its name. Everything that acts on
 * a channel begins here, so a channel that no rule matches does not exist for anybody.
 */

import { compilePattern } from "../auth/patterns.ts";
import { anonymousPrefix } from "../auth/permissions.ts";
import type { ChannelRule } from "../config/rules.ts";
import { Failure } from "../errors.ts";
import { isChannelName, ownerOf, personalChannel } from "../protocol/channel-name.ts";

/** What the rules say of one channel. */
export interface ChannelPolicy extends Omit<ChannelRule, "match"> {
  /** A user's own channel: nobody else reads it, and only backends publish to it. */
  personal: boolean;
  /** Which rule this is, for what is counted by rule. */
  rule: number;
}

const minute = 60_000;

/** Of a room that is no channel: emitters may use it, and no client comes into it. */
export const roomPolicy: ChannelPolicy = {
  personal: false,
  subscribe: "nobody",
  publish: "nobody",
  latest: false,
  rule: -1,
};

/** The history that `user:<id>` has, unless a rule says otherwise. */
const personalHistory = { size: 200, ttl: 30 * minute, read: "subscriber" } as const;

interface CompiledRule {
  match: string;
  matches(channel: string): boolean;
  policy: ChannelPolicy;
}

/** Finds the policy of a channel: the first rule that matches. */
export class Rules {
  readonly #rules: CompiledRule[];
  /** Rules for `user:…` alone; a `**` meant for all channels says nothing of them. */
  readonly #personal: CompiledRule[];
  readonly #maxName: number;

  /** @param maxName bytes of a channel's name */
  constructor(rules: readonly ChannelRule[], maxName: number) {
    this.#maxName = maxName;
    const compiled = rules.map(({ match, ...rule }, index) => ({
      match,
      matches: compilePattern(match),
      policy: { ...rule, personal: false, rule: index },
    }));
    this.#rules = compiled;
    this.#personal = compiled
      .filter(({ match }) => match.startsWith(personalChannel("")))
      .map((rule) => ({ ...rule, policy: personalPolicy(rule.policy) }));
  }

  /** @throws Failure `bad_request` for what is not a channel's name, `unknown_channel` where no rule matches */
  policyOf(channel: string): ChannelPolicy {
    if (!isChannelName(channel, this.#maxName)) {
      throw new Failure("bad_request", `A channel's name is 1 to ${this.#maxName} bytes without spaces.`);
    }
    const policy = this.#find(channel);
    if (!policy) throw new Failure("unknown_channel");
    return policy;
  }

  /** The pattern of the rule that a policy is of; undefined where none is, as for most users' own channels. */
  patternOf({ rule }: ChannelPolicy): string | undefined {
    return this.#rules[rule]?.match;
  }

  /** Of a room that emitters may have made, and that need not be a channel. */
  policyOfRoom(room: string): ChannelPolicy {
    return (isChannelName(room, this.#maxName) ? this.#find(room) : undefined) ?? roomPolicy;
  }

  #find(channel: string): ChannelPolicy | undefined {
    const owner = ownerOf(channel);
    if (owner === undefined) return find(this.#rules, channel);
    if (owner.startsWith(anonymousPrefix)) return guestPolicy;
    return find(this.#personal, channel) ?? defaultPersonalPolicy;
  }
}

function find(rules: readonly CompiledRule[], channel: string): ChannelPolicy | undefined {
  return rules.find((rule) => rule.matches(channel))?.policy;
}

/** A rule for `user:…` may change only how much history is kept; who may do what is fixed. */
function personalPolicy(rule?: ChannelPolicy): ChannelPolicy {
  return {
    personal: true,
    subscribe: "nobody",
    publish: "nobody",
    history: { ...personalHistory, ...rule?.history, read: "subscriber" },
    latest: false,
    rule: rule?.rule ?? -1,
  };
}

/** One for all users, who may be many. */
const defaultPersonalPolicy = personalPolicy();
/** Of anonymous users: no second connection is ever the same user's, so nobody could come back to a history. */
const guestPolicy: ChannelPolicy = { ...defaultPersonalPolicy, history: undefined };
