/* The Tokens room: what a token says and whether it would be let in, which rule a channel has and what that lets do. */

import { useState } from "preact/hooks";
import { post } from "../../api.ts";
import { moment, preview } from "../../format.ts";
import { useAction } from "../../parts/action.tsx";
import { Facts } from "../../parts/facts.tsx";
import { type ResolvedRule, RuleFacts } from "../../parts/rule-facts.tsx";
import { Scroller } from "../../parts/scroller.tsx";
import { words } from "../../words/words.ts";

interface Explanation {
  token: TokenPart;
  channel?: { channel: string; error?: Fault; rule?: ResolvedRule; permissions?: KindRow[] };
}

interface Fault {
  code: string;
  message: string;
}

interface TokenPart {
  kind: "none" | "session" | "channel";
  accepted: boolean;
  error?: Fault;
  reason?: string;
  claims?: Record<string, unknown>;
}

const actions = ["subscribe", "publish", "presence", "history"] as const;

interface KindRow {
  kind: string;
  permissions: Record<(typeof actions)[number], { allowed: boolean; because: string }>;
}

export default function TokensRoom({ detail }: { detail: string }) {
  const t = words.value.tokens;
  const [token, setToken] = useState("");
  const [channel, setChannel] = useState(detail);
  const [answer, setAnswer] = useState<Explanation>();
  const { isBusy, run, outcome } = useAction();
  const explain = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const question = { ...(token.trim() && { token: token.trim() }), ...(channel && { channel }) };
      setAnswer(await post<Explanation>("/v1/explain", question));
      return undefined;
    });
  };
  return (
    <>
      <h1>{t.title}</h1>
      <form class="card" onSubmit={explain}>
        <label>
          {t.token}
          <textarea
            rows={4}
            spellcheck={false}
            autocomplete="off"
            placeholder={t.tokenHint}
            maxLength={16_384}
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <label>
          {t.channel}
          <input
            maxLength={255}
            placeholder="chat:42"
            value={channel}
            onInput={(event) => setChannel(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <button type="submit" class="main" disabled={isBusy}>
            {t.explain}
          </button>
        </div>
        {outcome}
      </form>
      {answer && <TokenView part={answer.token} />}
      {answer?.channel && <ChannelPart {...answer.channel} />}
    </>
  );
}

function TokenView({ part: { kind, accepted, error, reason, claims } }: { part: TokenPart }) {
  const t = words.value.tokens;
  const isNone = kind === "none";
  const verdict = accepted
    ? isNone
      ? t.acceptedNone
      : t.accepted
    : isNone
      ? t.refusedNone
      : t.refused(error?.code ?? "");
  return (
    <section class="card" aria-labelledby="token">
      <h2 id="token">{t.token}</h2>
      <p role="status">
        <span class={accepted ? "badge good" : "badge bad"}>{verdict}</span>
      </p>
      {!isNone && reason !== undefined && <Facts of={[[t.why, reason]]} />}
      {claims && (
        <>
          <h3>
            {t.says} <span class="faint">({kind === "channel" ? t.channelToken : t.session})</span>
          </h3>
          <Facts
            of={Object.entries(claims).map(([name, value]) => [
              name,
              <Claim key={name} name={name} value={value} />,
            ])}
          />
        </>
      )}
    </section>
  );
}

/** Times of tokens are in seconds. */
function Claim({ name, value }: { name: string; value: unknown }) {
  const isTime = ["iat", "exp", "nbf"].includes(name) && typeof value === "number";
  return (
    <>
      <code>{preview(value, 600)}</code> {isTime && <span class="faint">{moment(value * 1_000)}</span>}
    </>
  );
}

function ChannelPart({ channel, error, rule, permissions = [] }: NonNullable<Explanation["channel"]>) {
  const t = words.value.tokens;
  if (!rule) return <p class="notice bad">{t.noChannel(`${error?.code}. ${error?.message}`)}</p>;
  return (
    <>
      <section class="card" aria-labelledby="rule">
        <h2 id="rule" class="name">
          {t.ruleOf(channel)}
        </h2>
        <RuleFacts rule={rule} />
      </section>
      <section class="card wide-table" aria-labelledby="may">
        <h2 id="may">{t.may}</h2>
        <PermissionTable rows={permissions} />
      </section>
    </>
  );
}

function PermissionTable({ rows }: { rows: readonly KindRow[] }) {
  const t = words.value.tokens;
  return (
    <Scroller look="scroll" name={t.may}>
      <table class="permissions">
        <thead>
          <tr>
            <th scope="col">{t.who}</th>
            {actions.map((action) => (
              <th key={action} scope="col">
                {t.actions[action]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ kind, permissions }) => (
            <tr key={kind}>
              <th scope="row">{t.kinds[kind] ?? kind}</th>
              {actions.map((action) => {
                const { allowed, because } = permissions[action];
                return (
                  <td key={action}>
                    <span class={allowed ? "badge good" : "badge"}>{allowed ? t.allowed : t.denied}</span>{" "}
                    <span class="faint small">{t.because[because] ?? because}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}
