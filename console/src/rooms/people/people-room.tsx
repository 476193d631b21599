/* The People room: a user's connections on all nodes, and what a backend may do with them. */

import { useEffect, useState } from "preact/hooks";
import { go } from "../../address.ts";
import { get, post } from "../../api.ts";
import { useAction } from "../../parts/action.tsx";
import { confirm } from "../../parts/confirm.tsx";
import { usePoll } from "../../poll.ts";
import { words } from "../../words/words.ts";
import { type ConnectionInfo, ConnectionTable } from "./connection-table.tsx";

interface Reach {
  connections: number;
  unreached?: string[];
}

interface ConnectionList {
  connections: ConnectionInfo[];
  unreached?: string[];
}

const interval = 3_000;

export default function PeopleRoom({ detail: user }: { detail: string }) {
  const t = words.value.people;
  const [given, setGiven] = useState(user);
  useEffect(() => setGiven(user), [user]);
  const find = (event: Event) => {
    event.preventDefault();
    go("people", given.trim());
  };
  return (
    <>
      <h1>{t.title}</h1>
      <p class="faint">{t.lead}</p>
      <form class="row wrap" onSubmit={find}>
        <label class="row">
          {t.user}
          <input
            required
            maxLength={255}
            value={given}
            onInput={(event) => setGiven(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="main">
          {t.find}
        </button>
      </form>
      {user !== "" && <UserView key={user} user={user} />}
    </>
  );
}

function UserView({ user }: { user: string }) {
  const t = words.value;
  const ask = () => get<ConnectionList>("/v1/connections", { user });
  const { answer, error, again } = usePoll(ask, interval, [user]);
  const { isBusy, run, outcome } = useAction();
  const act = (path: string, body: object) =>
    run(async () => {
      const reach = await post<Reach>(path, body);
      again();
      const touched = t.people.touched(reach.connections);
      return reach.unreached ? `${touched}. ${t.unreached(reach.unreached.join(", "))}` : touched;
    });
  /** A thing that cannot be undone is asked for first. */
  const ask2 = async (question: string, action: string, path: string, body: object) => {
    if (await confirm(question, action)) await act(path, body);
  };
  if (!answer)
    return <p class="faint">{error && error.code !== "unreachable" ? t.failed(error.code) : t.loading}</p>;
  const end = (body: { user?: string; connection?: string }, who: string, reconnect: boolean) =>
    ask2(t.people.disconnectAsk(who), t.people.disconnect, "/v1/disconnect", { ...body, reconnect });
  return (
    <>
      {answer.unreached && <p class="notice bad">{t.unreached(answer.unreached.join(", "))}</p>}
      <section class="card wide-table" aria-labelledby="user">
        <h2 id="user" class="name">
          {user}
        </h2>
        {answer.connections.length === 0 ? (
          <p class="faint">{t.people.none(user)}</p>
        ) : (
          <ConnectionTable
            connections={answer.connections}
            isBusy={isBusy}
            onEnd={(connection) => void end({ connection }, t.people.oneOf(connection), true)}
          />
        )}
      </section>
      <UserActions
        isBusy={isBusy}
        onSubscribe={(kind, channel) => void act(`/v1/${kind}`, { user, channel })}
        onEnd={(reconnect) => void end({ user }, t.people.allOf(user), reconnect)}
        onRevoke={() => void ask2(t.people.revokeAsk(user), t.people.revoke, "/v1/revoke", { user })}
      />
      {outcome}
    </>
  );
}

interface UserActionsProps {
  isBusy: boolean;
  onSubscribe(kind: "subscribe" | "unsubscribe", channel: string): void;
  onEnd(reconnect: boolean): void;
  onRevoke(): void;
}

function UserActions({ isBusy, onSubscribe, onEnd, onRevoke }: UserActionsProps) {
  const t = words.value.people;
  const [channel, setChannel] = useState("");
  const [mayReturn, setMayReturn] = useState(true);
  const subscribe = (event: Event) => {
    event.preventDefault();
    onSubscribe("subscribe", channel);
  };
  return (
    <section class="card" aria-labelledby="actions">
      <h2 id="actions">{t.actions}</h2>
      <form class="row wrap" onSubmit={subscribe}>
        <label class="row">
          {t.channel}
          <input
            required
            maxLength={255}
            value={channel}
            onInput={(event) => setChannel(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={isBusy}>
          {t.subscribe}
        </button>
        <button
          type="button"
          disabled={isBusy || channel === ""}
          onClick={() => onSubscribe("unsubscribe", channel)}
        >
          {t.unsubscribe}
        </button>
      </form>
      <div class="row wrap">
        <button type="button" class="danger" disabled={isBusy} onClick={() => onEnd(mayReturn)}>
          {t.disconnectAll}
        </button>
        <label class="row">
          <input
            type="checkbox"
            checked={mayReturn}
            onChange={(event) => setMayReturn(event.currentTarget.checked)}
          />
          {t.reconnect}
        </label>
        <button type="button" class="danger" disabled={isBusy} onClick={onRevoke}>
          {t.revoke}
        </button>
      </div>
    </section>
  );
}
