import { type Signal, useSignal } from "@preact/signals";
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import { clock, number, preview } from "../../format.ts";
import { Scroller } from "../../parts/scroller.tsx";
import { usePoll } from "../../poll.ts";
import { words } from "../../words/words.ts";
import { useFlow } from "./flow.ts";
import { askTail, type Tail, type TailMessage } from "./tail.ts";

/** A channel's messages as they come. */
export function TailView({ channel }: { channel: string }) {
  const t = words.value.channels;
  const isPaused = useSignal(false);
  const ask = (before: Tail | undefined) =>
    isPaused.peek() && before ? Promise.resolve(before) : askTail(channel, before);
  const { answer, error } = usePoll(ask, 1_000, [channel]);
  return (
    <section class="card tail" aria-labelledby="tail">
      <div class="row between">
        <h2 id="tail">{t.tail}</h2>
        <span class="row">
          {answer && answer.leftOut > 0 && (
            <span class="badge warn" title={t.leftOutWhy} data-left-out={answer.leftOut}>
              {t.leftOut(number(answer.leftOut))}
            </span>
          )}
          {answer && (
            <span data-rate={answer.rate}>{t.rate(number(answer.rate, answer.rate < 10 ? 1 : 0))}</span>
          )}
          <PauseButton isPaused={isPaused} />
        </span>
      </div>
      {error?.code === "not_found" && <p class="faint">{t.tailNone}</p>}
      {answer?.messages.length === 0 && <p class="faint">{t.tailEmpty}</p>}
      {answer && answer.messages.length > 0 && <Messages messages={answer.messages} />}
    </section>
  );
}

function Messages({ messages }: { messages: readonly TailMessage[] }) {
  const shown = useFlow(messages);
  return (
    <Scroller look="messages" name={words.value.channels.tail}>
      <ol>
        {shown.toReversed().map((message) => (
          <Row key={message.position} message={message} />
        ))}
      </ol>
    </Scroller>
  );
}

function PauseButton({ isPaused }: { isPaused: Signal<boolean> }) {
  const t = words.value.channels;
  const toggle = () => {
    isPaused.value = !isPaused.value;
  };
  return (
    <button type="button" aria-pressed={isPaused.value} onClick={toggle}>
      {isPaused.value ? t.resume : t.pause}
    </button>
  );
}

/** Most of them are as they were a second ago. */
const Row = memo(function Row({ message }: { message: TailMessage }) {
  const t = words.value.channels;
  const [isWhole, setWhole] = useState(false);
  const { data, user, time, position } = message;
  const short = preview(data);
  return (
    <li>
      <time>{clock(time)}</time>
      <span class="faint offset">{position.slice(position.lastIndexOf(":") + 1)}</span>
      <span class="faint">{user ?? t.backend}</span>
      <code>{short}</code>
      {short.endsWith("…") && (
        <button type="button" class="quiet" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? words.value.less : t.whole(number(JSON.stringify(data).length))}
        </button>
      )}
      {isWhole && (
        <Scroller look="code" name={t.data}>
          <pre>{JSON.stringify(data, null, 2)}</pre>
        </Scroller>
      )}
    </li>
  );
});
