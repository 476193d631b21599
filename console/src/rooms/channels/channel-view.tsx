import { useState } from "preact/hooks";
import { addressOf } from "../../address.ts";
import { post, remove } from "../../api.ts";
import { useAction } from "../../parts/action.tsx";
import { confirm } from "../../parts/confirm.tsx";
import { type ResolvedRule, RuleFacts } from "../../parts/rule-facts.tsx";
import { usePoll } from "../../poll.ts";
import { words } from "../../words/words.ts";
import { PresenceView } from "./presence-view.tsx";
import { TailView } from "./tail-view.tsx";

interface Explanation {
  channel: { rule?: ResolvedRule; error?: { code: string } };
}

/** One channel: its rule, what is said there, who is there, and what a backend may do with it. */
export function ChannelView({ channel }: { channel: string }) {
  const t = words.value;
  const explain = () => post<Explanation>("/v1/explain", { channel });
  const { answer, error } = usePoll(explain, 30_000, [channel]);
  const rule = answer?.channel.rule;
  return (
    <>
      <p>
        <a href={addressOf("channels")}>← {t.channels.back}</a>
      </p>
      <h1 class="name">{channel}</h1>
      {!answer && (
        <p class="faint">{error && error.code !== "unreachable" ? t.failed(error.code) : t.loading}</p>
      )}
      {answer && !rule && <p class="notice bad">{t.channels.ruleNone}</p>}
      {rule && (
        <div class="channel">
          <TailView channel={channel} />
          <div class="side">
            <section class="card" aria-labelledby="rule">
              <h2 id="rule">{t.channels.rule}</h2>
              <RuleFacts rule={rule} />
            </section>
            <PublishForm channel={channel} hasHistory={rule.history !== undefined} />
            {rule.presence ? (
              <PresenceView channel={channel} />
            ) : (
              <section class="card">
                <h2>{t.channels.presence}</h2>
                <p class="faint">{t.channels.presenceNone}</p>
              </section>
            )}
          </div>
        </div>
      )}
    </>
  );
}

function PublishForm({ channel, hasHistory }: { channel: string; hasHistory: boolean }) {
  const t = words.value;
  const [text, setText] = useState('{"text": "hello"}');
  const { isBusy, run, outcome } = useAction();
  const isJson = isValid(text);
  const publish = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await post("/v1/publish", { channel, data: JSON.parse(text) });
      return t.channels.published;
    });
  };
  const clear = () =>
    run(async () => {
      if (!(await confirm(t.channels.clearAsk(channel), t.channels.clear))) return undefined;
      await remove("/v1/history", { channel });
      return t.channels.cleared;
    });
  return (
    <section class="card" aria-labelledby="publish">
      <h2 id="publish">{t.channels.publish}</h2>
      <form onSubmit={publish}>
        <label>
          {t.channels.data}
          <textarea
            rows={3}
            spellcheck={false}
            value={text}
            aria-invalid={!isJson}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {!isJson && <p class="error">{t.try.notJson}</p>}
        <div class="row">
          <button type="submit" class="main" disabled={isBusy || !isJson}>
            {t.channels.publish}
          </button>
          {hasHistory && (
            <button type="button" class="danger" disabled={isBusy} onClick={() => void clear()}>
              {t.channels.clear}
            </button>
          )}
        </div>
        {outcome}
      </form>
    </section>
  );
}

function isValid(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
