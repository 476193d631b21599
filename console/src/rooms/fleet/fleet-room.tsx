/* The Fleet room: how all nodes do, what is wrong with any of them, and the last 15 minutes as curves. */

import { useMemo } from "preact/hooks";
import { number } from "../../format.ts";
import { usePoll } from "../../poll.ts";
import { words } from "../../words/words.ts";
import { CurveView } from "./curve-view.tsx";
import { HooksView, isHookDown } from "./hooks-view.tsx";
import { NodesView, troubleOf } from "./nodes-view.tsx";
import {
  askFleet,
  type Curve,
  curveOf,
  droppedBy,
  type Fleet,
  mostOf,
  type SeriesName,
  sumOf,
} from "./stats.ts";

const interval = 5_000;

export default function FleetRoom() {
  const t = words.value;
  const { answer, error } = usePoll(askFleet, interval, []);
  if (!answer) {
    return (
      <>
        <h1>{t.fleet.title}</h1>
        <p class="faint" role="status">
          {error && error.code !== "unreachable" ? t.failed(error.code) : t.loading}
        </p>
      </>
    );
  }
  return (
    <>
      <div class="room-head">
        <div>
          <h1>{t.fleet.title}</h1>
          <p class="faint">{t.fleet.minutes}</p>
        </div>
        <Verdict fleet={answer} />
      </div>
      <Curves fleet={answer} />
      {answer.unreached.length > 0 && <p class="notice bad">{t.unreached(answer.unreached.join(", "))}</p>}
      <NodesView nodes={answer.nodes} />
      {answer.hooks && <HooksView hooks={answer.hooks} />}
    </>
  );
}

/** One sentence on whether there is anything to look at. */
function Verdict({ fleet: { nodes, hooks = [] } }: { fleet: Fleet }) {
  const t = words.value.fleet;
  const count = nodes.filter((node) => troubleOf(node).length > 0).length + hooks.filter(isHookDown).length;
  const dropped = nodes.map(droppedBy).reduce(sumOf, 0);
  return (
    <div role="status" class="row">
      {dropped > 0 && (
        <span class="badge warn" title={t.droppedWhy}>
          {t.dropped(dropped)}
        </span>
      )}
      <span class={count > 0 ? "badge bad" : "badge good"}>{count > 0 ? t.trouble(count) : t.well}</span>
    </div>
  );
}

function Curves({ fleet: { nodes } }: { fleet: Fleet }) {
  const t = words.value.fleet;
  const curves = useMemo(() => {
    const [{ stats } = { stats: undefined }] = nodes.filter((node) => node.stats);
    const seconds = (stats?.step ?? interval) / 1_000;
    const rate = (name: SeriesName) => perSecond(curveOf(nodes, name, sumOf), seconds);
    return {
      connections: curveOf(nodes, "connections", sumOf),
      delivered: rate("delivered"),
      published: rate("published"),
      latency: curveOf(nodes, "publishP99", mostOf),
    };
  }, [nodes]);
  const capacity = nodes.map(({ stats }) => stats?.capacity ?? 0).reduce(sumOf, 0);
  return (
    <div class="curves">
      <CurveView title={`${t.connections} ${t.of(number(capacity))}`} curve={curves.connections} />
      <CurveView title={t.deliveries} curve={curves.delivered} />
      <CurveView title={t.publishing} curve={curves.published} />
      <CurveView title={t.latency} why={t.latencyWhy} curve={curves.latency} />
    </div>
  );
}

function perSecond({ times, values }: Curve, seconds: number): Curve {
  return { times, values: values.map((value) => (value === null ? null : value / seconds)) };
}
