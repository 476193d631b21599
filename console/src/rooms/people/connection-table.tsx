import { moment } from "../../format.ts";
import { Scroller } from "../../parts/scroller.tsx";
import { words } from "../../words/words.ts";

export interface ConnectionInfo {
  connection: string;
  user: string;
  node: string;
  /** Unix milliseconds. */
  since: number;
  state: "online" | "away";
  address: string;
  agent: string;
  /** As the client says; absent where it says nothing, or its node is of a version before. */
  platform?: string;
}

interface ConnectionTableProps {
  connections: readonly ConnectionInfo[];
  isBusy: boolean;
  onEnd(connection: string): void;
}

export function ConnectionTable({ connections, isBusy, onEnd }: ConnectionTableProps) {
  const t = words.value.people;
  // Not every gateway tells it.
  const isPlatformKnown = connections.some(({ platform }) => platform !== undefined);
  const platformHead = isPlatformKnown ? [t.platform] : [];
  const heads = [t.connection, t.state, t.node, t.address, ...platformHead, t.agent, t.since, t.actions];
  return (
    <Scroller look="scroll" name={t.title}>
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
          {connections.map(({ connection, state, node, address, platform, agent, since }) => (
            <tr key={connection}>
              <th scope="row">
                <code>{connection}</code>
              </th>
              <td>
                <span class={state === "online" ? "badge good" : "badge"}>{t[state]}</span>
              </td>
              <td>{node}</td>
              <td>{address}</td>
              {isPlatformKnown && <td>{platform ?? "–"}</td>}
              <td class="agent" title={agent}>
                {agent || "–"}
              </td>
              <td>{moment(since)}</td>
              <td>
                <button type="button" class="danger" disabled={isBusy} onClick={() => onEnd(connection)}>
                  {t.disconnect}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}
