import { useEffect, useState } from "preact/hooks";
import { clock, number } from "../../format.ts";
import { Scroller } from "../../parts/scroller.tsx";
import { words } from "../../words/words.ts";
import { type Device, type Happened, suspendAfter } from "./device.ts";

interface PhoneViewProps {
  device: Device;
  onRemove: (() => void) | undefined;
}

/** A phone as one looks at it, and what may happen to it. */
export function PhoneView({ device, onRemove }: PhoneViewProps) {
  const t = words.value.try;
  return (
    <section class="phone-box" aria-labelledby={`phone-${device.user}`}>
      <div class="row between">
        <h2 id={`phone-${device.user}`}>{t.phone(device.user)}</h2>
        {onRemove && (
          <button type="button" class="quiet" onClick={onRemove}>
            {t.removePhone}
          </button>
        )}
      </div>
      <Counter device={device} />
      <div class="phone">
        <StatusBar device={device} />
        <AppScreen device={device} />
        <Cover device={device} />
      </div>
      <Controls device={device} />
      <Recovery device={device} />
      <Log device={device} />
    </section>
  );
}

function Counter({ device }: { device: Device }) {
  const t = words.value.try;
  const { published, received, toldReset, lost, waiting, twice } = device.counts.value;
  const figures = [
    ["published", t.published, published],
    ["received", t.received, received],
    ["reset", t.toldReset, toldReset],
    ["lost", t.lost, lost],
  ] as const;
  return (
    <div class="card counter" title={t.counterWhy}>
      {figures.map(([name, label, count]) => (
        <div key={name} class={`figure ${name}`}>
          <b data-count={name}>{number(count)}</b>
          <span>{label}</span>
        </div>
      ))}
      <div class="faint small asides">
        <span data-count="waiting">{t.waiting(waiting)}</span>
        <span data-count="twice">{t.twice(twice)}</span>
      </div>
    </div>
  );
}

function StatusBar({ device }: { device: Device }) {
  const t = words.value.try;
  const network = device.network.value === "none" ? "✈" : device.network.value === "wifi" ? "Wi-Fi" : "4G";
  return (
    <div class="status-bar">
      <span class={`dot ${device.state.value}`} />
      <span data-state={device.state.value} title={device.reason.value}>
        {t.states[device.state.value]}
      </span>
      <span class="network">{network}</span>
    </div>
  );
}

/** The app: a quote, a chat, a list. */
function AppScreen({ device }: { device: Device }) {
  const t = words.value.try;
  const { quote, chat } = device.screen.value;
  const [text, setText] = useState("");
  const say = (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    device.say(text);
    setText("");
  };
  const isDown = quote && quote.price < quote.before;
  return (
    <div class="app" inert={device.hiddenAt.value !== undefined || device.isFrozen.value}>
      <div class="row between quote">
        <span>{t.quote}</span>
        {quote ? <b class={isDown ? "down" : "up"}>{number(quote.price, 2)}</b> : <span>{t.noQuote}</span>}
      </div>
      <div class="row between small">
        <span>{t.chat}</span>
        <span>{t.here(device.present.value)}</span>
      </div>
      <Scroller look="chat" name={`${t.phone(device.user)}: ${t.chat}`}>
        <ol>
          {chat.length === 0 && <li class="empty">{t.chatEmpty}</li>}
          {chat.map((line) => (
            <li key={line.key} class={line.user === device.user ? "own" : ""}>
              <i>{line.user ?? t.backendName}</i> {line.text}
            </li>
          ))}
        </ol>
      </Scroller>
      <form class="row" onSubmit={say}>
        <input
          aria-label={t.say}
          placeholder={t.say}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit">{t.send}</button>
      </form>
      <SharedList device={device} />
    </div>
  );
}

function SharedList({ device }: { device: Device }) {
  const t = words.value.try;
  const { list } = device.screen.value;
  const [text, setText] = useState("");
  const add = (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    device.change({ op: "add", id: crypto.randomUUID(), text });
    setText("");
  };
  return (
    <>
      <div class="small">{t.list}</div>
      <Scroller look="list" name={`${t.phone(device.user)}: ${t.list}`}>
        <ul>
          {list.length === 0 && <li class="empty">{t.listEmpty}</li>}
          {list.map(({ id, text: entry, isDone }) => (
            <li key={id} class="row between">
              <label class={isDone ? "row done" : "row"}>
                <input
                  type="checkbox"
                  checked={isDone}
                  aria-label={t.done(entry)}
                  onChange={() => device.change({ op: "done", id })}
                />
                <span>{entry}</span>
              </label>
              <button
                type="button"
                class="quiet"
                aria-label={t.removeItem(entry)}
                onClick={() => device.change({ op: "remove", id })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      </Scroller>
      <form class="row" onSubmit={add}>
        <input
          aria-label={t.item}
          placeholder={t.item}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit">{t.add}</button>
      </form>
    </>
  );
}

/** What lies over the screen while nobody looks at the app, or it stands still. */
function Cover({ device }: { device: Device }) {
  const t = words.value.try;
  const hiddenAt = device.hiddenAt.value;
  const now = useNow(hiddenAt !== undefined);
  if (hiddenAt !== undefined) {
    const left = Math.ceil((hiddenAt + suspendAfter - now) / 1_000);
    return <div class={left > 0 ? "cover" : "cover still"}>{left > 0 ? t.hiddenFor(left) : t.suspended}</div>;
  }
  return device.isFrozen.value ? <div class="cover still">{t.frozen}</div> : null;
}

function Controls({ device }: { device: Device }) {
  const t = words.value.try;
  const isHidden = device.hiddenAt.value !== undefined;
  const isFrozen = device.isFrozen.value;
  const isOff = device.network.value === "none";
  const landsAt = device.landsAt.value;
  const now = useNow(landsAt !== undefined);
  return (
    <div class="controls">
      <button type="button" onClick={() => (isHidden ? device.show() : device.hide())}>
        {isHidden ? t.unhide : t.hide}
      </button>
      <button type="button" disabled={isHidden} onClick={() => (isFrozen ? device.thaw() : device.freeze())}>
        {isFrozen ? t.thaw : t.freeze}
      </button>
      <button
        type="button"
        disabled={landsAt !== undefined}
        onClick={() => (isOff ? device.restore() : device.kill())}
      >
        {isOff && landsAt === undefined ? t.restore : t.kill}
      </button>
      <button type="button" disabled={isOff} onClick={() => device.roam()}>
        {device.network.value === "4g" ? t.toWifi : t.toMobile}
      </button>
      <button
        type="button"
        class="wide"
        disabled={isOff && landsAt === undefined}
        onClick={() => (landsAt === undefined ? device.airplane() : device.restore())}
      >
        {landsAt === undefined ? t.airplane : t.landing(Math.max(0, Math.ceil((landsAt - now) / 1_000)))}
      </button>
    </div>
  );
}

function Recovery({ device }: { device: Device }) {
  const { value } = device.recovered;
  return (
    <p class="recovered" role="status">
      {value && words.value.try.recovered(value.count, value.milliseconds)}
    </p>
  );
}

function Log({ device }: { device: Device }) {
  const t = words.value.try;
  return (
    <>
      <h3>{t.log}</h3>
      <Scroller look="log" name={`${t.phone(device.user)}: ${t.log}`}>
        <ol>
          {device.log.value.map((entry) => (
            <li key={entry.key}>
              <time>{clock(entry.time)}</time> {sentenceOf(entry)}
            </li>
          ))}
        </ol>
      </Scroller>
    </>
  );
}

function sentenceOf({ what, channel = "", detail = "" }: Happened): string {
  const t = words.value.try.logged;
  switch (what) {
    case "recovered":
      return t.recovered(channel, Number(detail));
    case "reset":
      return t.reset(channel);
    case "refused":
      return t.refused(channel, String(detail));
    default: {
      const said = t[what as "hide"];
      return detail === "" ? said : `${said} (${detail})`;
    }
  }
}

/** The time, while something is shown that changes with it. @returns Unix milliseconds */
function useNow(isNeeded: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isNeeded) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return now;
}
