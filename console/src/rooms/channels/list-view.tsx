import { useEffect, useState } from "preact/hooks";
import { addressOf, go } from "../../address.ts";
import { get } from "../../api.ts";
import { number } from "../../format.ts";
import { usePoll } from "../../poll.ts";
import { words } from "../../words/words.ts";

interface ChannelPage {
  channels: { channel: string; subscribers: number; nodes: string[] }[];
  cursor?: string;
  unreached?: string[];
}

const interval = 3_000;
/** Milliseconds without another letter, after which the list is asked for. */
const typing = 300;

/** The cluster's channels, by pages. */
export function ListView() {
  const t = words.value;
  const [prefix, setPrefix] = useState("");
  const [cursor, setCursor] = useState("");
  const searched = useSettled(prefix);
  const query = { prefix: searched, cursor, limit: 50 };
  const { answer, error } = usePoll(() => get<ChannelPage>("/v1/channels", query), interval, [
    searched,
    cursor,
  ]);
  const search = (event: Event) => {
    setPrefix((event.currentTarget as HTMLInputElement).value);
    setCursor("");
  };
  const none = searched === "" ? t.channels.none : t.channels.noneSo;
  return (
    <>
      <h1>{t.channels.title}</h1>
      <div class="row wrap">
        <label class="row">
          {t.channels.prefix}
          <input type="search" value={prefix} maxLength={255} onInput={search} />
        </label>
        <OpenForm />
      </div>
      {answer?.unreached && <p class="notice bad">{t.unreached(answer.unreached.join(", "))}</p>}
      {error && error.code !== "unreachable" && <p class="notice bad">{t.failed(error.code)}</p>}
      <section class="card wide-table" aria-busy={answer === undefined}>
        {answer ? <ChannelTable page={answer} none={none} /> : <p class="faint">{t.loading}</p>}
        <div class="row end">
          {cursor !== "" && (
            <button type="button" onClick={() => setCursor("")}>
              {t.channels.first}
            </button>
          )}
          {answer?.cursor !== undefined && (
            <button type="button" onClick={() => setCursor(answer.cursor ?? "")}>
              {t.channels.next}
            </button>
          )}
        </div>
      </section>
    </>
  );
}

function ChannelTable({ page, none }: { page: ChannelPage; none: string }) {
  const t = words.value.channels;
  if (page.channels.length === 0) return <p class="faint">{none}</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t.name}</th>
          <th scope="col">{t.subscribers}</th>
          <th scope="col">{t.nodes}</th>
        </tr>
      </thead>
      <tbody>
        {page.channels.map(({ channel, subscribers, nodes }) => (
          <tr key={channel}>
            <th scope="row" class="name">
              <a href={addressOf("channels", channel)}>{channel}</a>
            </th>
            <td>{number(subscribers)}</td>
            <td class="faint">{nodes.length > 3 ? number(nodes.length) : nodes.join(", ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A channel without a subscriber is in no list, and has a history all the same. */
function OpenForm() {
  const t = words.value.channels;
  const [name, setName] = useState("");
  const open = (event: Event) => {
    event.preventDefault();
    if (name !== "") go("channels", name);
  };
  return (
    <form class="row" onSubmit={open}>
      <label class="row">
        {t.open}
        <input value={name} maxLength={255} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <button type="submit">{t.openButton}</button>
    </form>
  );
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), typing);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
