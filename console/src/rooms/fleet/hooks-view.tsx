import { moment, number } from "../../format.ts";
import { Scroller } from "../../parts/scroller.tsx";
import { words } from "../../words/words.ts";
import type { Hook } from "./stats.ts";

export function isHookDown({ state }: Hook): boolean {
  return state === "failing";
}

/** What waits for the backends that are told, and what they refused. */
export function HooksView({ hooks }: { hooks: readonly Hook[] }) {
  const t = words.value.fleet;
  const heads = [t.hook, t.hookState, t.hookWaiting, t.hookOldest, t.hookAside, t.hookError];
  return (
    <section class="card wide-table" aria-labelledby="hooks">
      <h2 id="hooks">{t.hooks}</h2>
      <Scroller look="scroll" name={t.hooks}>
        <table>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {hooks.map((hook) => (
              <HookRow key={hook.name} hook={hook} />
            ))}
          </tbody>
        </table>
      </Scroller>
    </section>
  );
}

function HookRow({ hook }: { hook: Hook }) {
  const t = words.value.fleet;
  const { name, waiting, oldest, aside, lastError } = hook;
  const isDown = isHookDown(hook);
  return (
    <tr data-hook={name}>
      <th scope="row">{name}</th>
      <td>
        <span class={isDown ? "badge bad" : "badge good"}>{isDown ? t.hookDown : t.hookUp}</span>
      </td>
      <td>{number(waiting)}</td>
      <td>{oldest === undefined ? "–" : moment(oldest)}</td>
      <td>{number(aside.length)}</td>
      <td class="error-text">{lastError ? `${lastError.cause} (${moment(lastError.at)})` : "–"}</td>
    </tr>
  );
}
