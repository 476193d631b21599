import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { useAction } from "../../parts/action.tsx";
import { Scroller } from "../../parts/scroller.tsx";
import { key } from "../../session.ts";
import { words } from "../../words/words.ts";
import { channels, publish } from "./backend.ts";
import { type SampleName, sample, sampleNames } from "./code-samples.ts";

interface BackendViewProps {
  onStored(channel: string, position: string | undefined): void;
}

const channel = signal<string>(channels.chat);
const text = signal('{"text": "hello"}');

/** Publishes by a form, and shows how code does the same. */
export function BackendView({ onStored }: BackendViewProps) {
  const t = words.value.try;
  const { isBusy, run, outcome } = useAction();
  const data = parsed(text.value);
  const send = async (value: unknown) => {
    const position = await publish(channel.value, value);
    onStored(channel.value, position);
    return position;
  };
  const once = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const position = await send(data?.value);
      return position === undefined ? t.sent : t.sentAt(position);
    });
  };
  const many = () =>
    run(async () => {
      for (let count = 1; count <= 20; count++) await send(numbered(data?.value, count));
      return t.sent;
    });
  return (
    <section class="card backend" aria-labelledby="backend">
      <h2 id="backend">{t.backend}</h2>
      <form onSubmit={once}>
        <label>
          {t.channel}
          <input
            list="demo-channels"
            required
            value={channel.value}
            onInput={(event) => {
              channel.value = event.currentTarget.value;
            }}
          />
          <datalist id="demo-channels">
            {Object.values(channels).map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <label>
          {t.data}
          <textarea
            rows={3}
            spellcheck={false}
            value={text.value}
            aria-invalid={data === undefined}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
        {data === undefined && <p class="error">{t.notJson}</p>}
        <div class="row">
          <button type="submit" class="main" disabled={isBusy || data === undefined}>
            {t.publish}
          </button>
          <button type="button" disabled={isBusy || data === undefined} onClick={() => void many()}>
            {t.publishMany}
          </button>
          <Ticker onStored={onStored} />
        </div>
        {outcome}
      </form>
      <Samples data={data?.value} />
    </section>
  );
}

/** A price that walks, once a second. */
function Ticker({ onStored }: BackendViewProps) {
  const [isOn, setOn] = useState(false);
  const t = words.value.try;
  useEffect(() => {
    if (!isOn) return;
    let price = 100;
    const timer = setInterval(() => {
      price = Math.max(1, Math.round((price + (Math.random() - 0.5) * 2) * 100) / 100);
      publish(channels.quote, { price }).then(
        (position) => onStored(channels.quote, position),
        () => {},
      );
    }, 1_000);
    return () => clearInterval(timer);
  }, [isOn]);
  return (
    <button type="button" aria-pressed={isOn} onClick={() => setOn(!isOn)}>
      {isOn ? t.tickerStop : t.ticker}
    </button>
  );
}

function Samples({ data }: { data: unknown }) {
  const t = words.value;
  const [name, setName] = useState<SampleName>("curl");
  const [isCopied, setCopied] = useState(false);
  const publication = { origin: location.origin, channel: channel.value, data };
  const copy = async () => {
    await navigator.clipboard.writeText(sample(name, publication, key.value));
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div class="samples">
      <h3>{t.try.code}</h3>
      <div class="row">
        {sampleNames.map((known) => (
          <button
            type="button"
            key={known}
            class="tab"
            aria-pressed={known === name}
            onClick={() => setName(known)}
          >
            {known}
          </button>
        ))}
        <button type="button" class="copy" onClick={() => void copy()}>
          {isCopied ? t.copiedWithKey : t.copy}
        </button>
      </div>
      <Scroller look="code" name={t.try.code}>
        <pre>{sample(name, publication)}</pre>
      </Scroller>
    </div>
  );
}

/** In a list, since `null` and `false` are data too; undefined where it is no JSON. */
function parsed(given: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(given) };
  } catch {
    return undefined;
  }
}

/** So that twenty of the same can be told apart. */
function numbered(data: unknown, count: number): unknown {
  const { text: said } = Object(data) as { text?: unknown };
  return typeof said === "string" ? { ...(data as object), text: `${said} ${count}` } : data;
}
