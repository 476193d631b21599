import { duration, number } from "../../format.ts";
import { Scroller } from "../../parts/scroller.tsx";
import { words } from "../../words/words.ts";
import { droppedBy, type FleetNode, newestOf } from "./stats.ts";

type Trouble = { kind: "bad" | "warn"; said: string };

/** What is to be seen at a glance: not ready, draining, Redis away, something dropped, no answer. */
export function troubleOf({ stats, info }: FleetNode): Trouble[] {
  const t = words.value.fleet;
  if (!stats) return [{ kind: "bad", said: t.gone }];
  const found: Trouble[] = [];
  if (info.draining) found.push({ kind: "warn", said: t.draining });
  else if (stats.obstacle !== undefined) found.push({ kind: "bad", said: t.notReady(stats.obstacle) });
  if (stats.redis && !stats.redis.up) found.push({ kind: "bad", said: `${t.redis}: ${t.redisAway}` });
  return found;
}

export function NodesView({ nodes }: { nodes: readonly FleetNode[] }) {
  const t = words.value.fleet;
  const heads = [t.node, t.state, t.load, t.loop, t.memory, t.redis, t.uptime, t.version];
  return (
    <section class="card wide-table" aria-labelledby="nodes">
      <h2 id="nodes">
        {t.nodes} <span class="faint">{number(nodes.length)}</span>
      </h2>
      <Scroller look="scroll" name={t.nodes}>
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
            {nodes.map((node) => (
              <NodeRow key={node.name} node={node} />
            ))}
          </tbody>
        </table>
      </Scroller>
    </section>
  );
}

function NodeRow({ node }: { node: FleetNode }) {
  const { name, stats, info } = node;
  return (
    <tr data-node={name}>
      <th scope="row">{name}</th>
      <td>
        <State node={node} />
      </td>
      <td>
        {stats ? (
          <Meter value={info.connections} most={stats.capacity} said={number(info.connections)} />
        ) : (
          "–"
        )}
      </td>
      <td>{stats ? <Loop busy={newestOf(node, "loopBusy")} delay={newestOf(node, "loopDelay")} /> : "–"}</td>
      <td>{stats ? <Memory mebibytes={newestOf(node, "memory")} limit={stats.memoryLimit} /> : "–"}</td>
      <td>{stats ? <Redis redis={stats.redis} /> : "–"}</td>
      <td>{info.uptime > 0 ? duration(info.uptime) : "–"}</td>
      <td>{info.version || "–"}</td>
    </tr>
  );
}

function State({ node }: { node: FleetNode }) {
  const t = words.value.fleet;
  const troubles = troubleOf(node);
  const dropped = droppedBy(node);
  return (
    <span class="row">
      {troubles.length === 0 && <span class="badge good">{t.ready}</span>}
      {troubles.map(({ kind, said }) => (
        <span key={said} class={`badge ${kind}`}>
          {said}
        </span>
      ))}
      {dropped > 0 && (
        <span class="badge warn" title={t.droppedWhy}>
          {t.dropped(dropped)}
        </span>
      )}
    </span>
  );
}

function Loop({ busy, delay }: { busy: number; delay: number }) {
  return <Meter value={busy} most={100} said={`${busy} %`} title={words.value.fleet.loopWhy(busy, delay)} />;
}

function Memory({ mebibytes, limit }: { mebibytes: number; limit: number }) {
  return <Meter value={mebibytes * 2 ** 20} most={limit} said={`${number(mebibytes)} MiB`} />;
}

function Redis({ redis }: { redis: { up: boolean; lag: number } | undefined }) {
  const t = words.value.fleet;
  if (!redis) return <span class="faint">{t.redisNone}</span>;
  if (!redis.up) return <span class="error">{t.redisAway}</span>;
  return <span>{t.redisLag(number(redis.lag * 1_000, 1))}</span>;
}

/** How full something is; red where nothing is left. */
function Meter({ value, most, said, title }: { value: number; most: number; said: string; title?: string }) {
  const share = most > 0 ? Math.min(1, value / most) : 0;
  const level = share > 0.9 ? "bad" : share > 0.7 ? "warn" : "good";
  return (
    <span class="meter" title={title ?? `${said} / ${number(most)}`}>
      <span class="meter-text">{said}</span>
      <span class={`meter-bar ${level}`} style={{ "--share": `${Math.round(share * 100)}%` }} />
    </span>
  );
}
