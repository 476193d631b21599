import { duration, number } from "../format.ts";
import { words } from "../words/words.ts";
import { Facts } from "./facts.tsx";

/** A rule as `POST /v1/explain` tells it; times in milliseconds. */
export interface ResolvedRule {
  match?: string;
  personal: boolean;
  subscribe: string;
  publish: string;
  presence?: { read: string; events: boolean };
  history?: { size: number; ttl: number; read: string };
  rate?: { publish: number; burst: number };
  latest: boolean;
  conflate?: number;
}

/** A channel's rule with its defaults, in words. */
export function RuleFacts({ rule }: { rule: ResolvedRule }) {
  const t = words.value.rule;
  const who = (word: string) => t.who[word] ?? word;
  const { match, personal, history, presence, rate, latest, conflate } = rule;
  return (
    <Facts
      of={[
        [t.match, match === undefined ? t.own : <code>{match}</code>],
        [t.subscribe, personal ? t.own : who(rule.subscribe)],
        [t.publish, who(rule.publish)],
        [
          t.history,
          history
            ? t.historyIs(number(history.size), duration(history.ttl / 1_000), who(history.read))
            : t.none,
        ],
        [t.presence, presence ? t.presenceIs(who(presence.read), presence.events) : t.none],
        [t.rate, rate && t.rateIs(number(rate.publish, 2), number(rate.burst))],
        [t.latest, latest ? words.value.yes : undefined],
        [t.conflate, conflate === undefined ? undefined : t.conflateIs(number(conflate))],
      ]}
    />
  );
}
