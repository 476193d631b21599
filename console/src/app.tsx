/*
 * The shell: the way between rooms, what is wrong with the key or the node, and the room itself, which is loaded when it
 * is opened. A room that is shown stays while the key is asked for again.
 */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { addressOf, place, type RoomName, roomNames } from "./address.ts";
import { KeyForm } from "./key-form.tsx";
import { chooseLanguage, chooseTheme, language, theme } from "./look.ts";
import { ConfirmDialog } from "./parts/confirm.tsx";
import { forgetKey, key, link, publicPort } from "./session.ts";
import { words } from "./words/words.ts";

const loaders: Record<RoomName, () => Promise<{ default: ComponentType<{ detail: string }> }>> = {
  try: () => import("./rooms/try/try-room.tsx"),
  fleet: () => import("./rooms/fleet/fleet-room.tsx"),
  channels: () => import("./rooms/channels/channels-room.tsx"),
  people: () => import("./rooms/people/people-room.tsx"),
  tokens: () => import("./rooms/tokens/tokens-room.tsx"),
};

/** Phones are tried out where the page knows the public port, which is in development. */
const offered = roomNames.filter((name) => name !== "try" || publicPort !== undefined);

export function App() {
  const { room = offered[0] ?? "fleet", detail } = place.value;
  const t = words.value;
  useEffect(() => {
    document.title = `${t.rooms[room]} · Tidegate`;
  }, [room, t]);
  return (
    <>
      <button type="button" class="skip" onClick={skipToMain}>
        {t.skip}
      </button>
      <Header room={room} />
      <main id="main" tabIndex={-1}>
        <Notice />
        {key.value !== "" && <Room key={room} name={room} detail={detail} />}
      </main>
      <ConfirmDialog />
    </>
  );
}

/** A fragment names a room here, so a link cannot do it. */
function skipToMain(): void {
  document.getElementById("main")?.focus();
}

function Header({ room }: { room: RoomName }) {
  const t = words.value;
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <header>
      <div class="brand">
        <img src="/console/favicon.svg" alt="" width="26" height="26" />
        <b>Tidegate</b>
      </div>
      <nav aria-label={t.navigation}>
        {offered.map((name) => (
          <a key={name} href={addressOf(name)} aria-current={name === room ? "page" : undefined}>
            {t.rooms[name]}
          </a>
        ))}
      </nav>
      <div class="tools">
        <a href="/docs">{t.docs}</a>
        <button
          type="button"
          class="quiet"
          onClick={() => chooseLanguage(language.value === "en" ? "zh" : "en")}
        >
          <span lang={language.value === "en" ? "zh-CN" : "en"}>{t.otherLanguage}</span>
        </button>
        <button type="button" class="quiet" onClick={() => chooseTheme(other)}>
          {t[other]}
        </button>
        {key.value !== "" && (
          <button type="button" class="quiet" onClick={forgetKey}>
            {t.keyForget}
          </button>
        )}
      </div>
    </header>
  );
}

/** What stands in the way. It takes the place of nothing: what is shown stays. */
function Notice() {
  const t = words.value;
  if (key.value === "") return <KeyForm why={t.keyWhy} />;
  if (link.value === "refused") return <KeyForm why={t.keyAgain} />;
  return <div role="status">{link.value === "unreachable" && <p class="notice bad">{t.away}</p>}</div>;
}

/** The node was away, or serves another version now, whose page knows its own files. The key outlives a reload. */
function afterFailure(failed: number, setFailed: (count: number) => void): void {
  if (failed < 3) setFailed(failed + 1);
  else
    fetch("/livez").then(
      () => location.reload(),
      () => setFailed(failed),
    );
}

function Room({ name, detail }: { name: RoomName; detail: string }) {
  const [loaded, setLoaded] = useState<ComponentType<{ detail: string }>>();
  const [failed, setFailed] = useState(0);
  useEffect(() => {
    let isOver = false;
    loaders[name]().then(
      (module) => isOver || setLoaded(() => module.default),
      () => setTimeout(() => isOver || afterFailure(failed, setFailed), 1_000),
    );
    return () => {
      isOver = true;
    };
  }, [name, failed]);
  const t = words.value;
  if (name === "try" && publicPort === undefined) return <p class="notice">{t.try.onlyDevelopment}</p>;
  const Shown = loaded;
  return Shown ? <Shown detail={detail} /> : <p class="faint">{t.loading}</p>;
}
