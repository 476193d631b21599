import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { clock, short } from "../../format.ts";
import { theme } from "../../look.ts";
import { words } from "../../words/words.ts";
import type { Curve } from "./stats.ts";
import "uplot/dist/uPlot.min.css";

interface CurveViewProps {
  title: string;
  why?: string;
  curve: Curve;
}

const height = 150;

/** A curve of the last 15 minutes. Its newest value stands beside the title, for whoever cannot see the curve. */
export function CurveView({ title, why, curve }: CurveViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const look = theme.value;
  const newestCurve = useRef(curve);
  newestCurve.current = curve;
  useEffect(() => {
    const { current } = place;
    if (!current) return;
    const draw = () => {
      plot.current = new uPlot(optionsOf(current), dataOf(newestCurve.current), current);
    };
    // Each in a task of its own: all curves at once would keep the page from answering.
    const timer = setTimeout(draw);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: current.clientWidth, height }));
    observer.observe(current);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [look]);
  useEffect(() => plot.current?.setData(dataOf(curve)), [curve]);
  const newest = curve.values.findLast((value) => value !== null);
  const value = newest === undefined || newest === null ? "–" : short(newest);
  return (
    <figure class="card curve" title={why}>
      <figcaption class="row between">
        <span>{title}</span>
        <b>{value}</b>
      </figcaption>
      <div ref={place} role="img" aria-label={words.value.fleet.curve(title, value)} />
    </figure>
  );
}

function dataOf({ times, values }: Curve): uPlot.AlignedData {
  return [times, values];
}

function optionsOf(place: HTMLElement): uPlot.Options {
  const style = getComputedStyle(place);
  const stroke = style.getPropertyValue("--accent");
  const axis = {
    stroke: style.getPropertyValue("--faint"),
    grid: { stroke: style.getPropertyValue("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui",
  };
  return {
    width: place.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.15)] } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 80,
        values: (_plot, times) => times.map((time) => clock(time * 1_000).slice(0, 5)),
      },
      { ...axis, size: 46, values: (_plot, values) => values.map(short) },
    ],
    series: [
      {},
      { stroke, width: 2, fill: style.getPropertyValue("--accent-soft"), points: { show: false } },
    ],
  };
}
