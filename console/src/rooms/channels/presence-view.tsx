import { useState } from "preact/hooks";
import { addressOf } from "../../address.ts";
import { get } from "../../api.ts";
import { moment, number, preview } from "../../format.ts";
import { usePoll } from "../../poll.ts";
import { words } from "../../words/words.ts";

interface User {
  user: string;
  info?: unknown;
  state: "online" | "away";
  /** Unix milliseconds; with `away`. */
  since?: number;
  connections: number;
}

interface Page {
  total: number;
  users: User[];
  cursor?: string;
}

const interval = 3_000;
const pageSize = 50;

/** Who is in the channel: a page at a time, since there may be ten thousand. */
export function PresenceView({ channel }: { channel: string }) {
  const t = words.value.channels;
  const [cursor, setCursor] = useState("");
  const ask = () => get<Page>("/v1/presence", { channel, limit: pageSize, cursor });
  const { answer } = usePoll(ask, interval, [channel, cursor]);
  return (
    <section class="card" aria-labelledby="presence">
      <div class="row between">
        <h2 id="presence">{t.presence}</h2>
        {answer && <span class="faint">{t.presenceTotal(number(answer.total))}</span>}
      </div>
      {answer?.users.length === 0 && <p class="faint">{t.presenceEmpty}</p>}
      <ul class="present">
        {answer?.users.map((user) => (
          <UserRow key={user.user} user={user} />
        ))}
      </ul>
      <div class="row end">
        {cursor !== "" && (
          <button type="button" onClick={() => setCursor("")}>
            {t.first}
          </button>
        )}
        {answer?.cursor !== undefined && (
          <button type="button" onClick={() => setCursor(answer.cursor ?? "")}>
            {t.next}
          </button>
        )}
      </div>
    </section>
  );
}

function UserRow({ user: { user, info, state, since, connections } }: { user: User }) {
  const t = words.value.channels;
  const away = since === undefined ? t.away : t.awaySince(moment(since));
  return (
    <li>
      <a href={addressOf("people", user)} class="name">
        {user}
      </a>
      {info !== undefined && <span class="faint name">{preview(info, 60)}</span>}
      <span class={state === "online" ? "badge good" : "badge"}>{state === "online" ? t.online : away}</span>
      {connections > 1 && <span class="faint">{t.connections(connections)}</span>}
    </li>
  );
}
