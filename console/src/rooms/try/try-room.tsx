/*
 * The Try room: phones on one side, a backend on the other, and the count that matters between them. The phones go on
 * while another room is shown, so that whoever comes back finds them as they were.
 */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { callErrorOf } from "../../api.ts";
import { words } from "../../words/words.ts";
import { channels, publish } from "./backend.ts";
import { BackendView } from "./backend-view.tsx";
import { Device, suspendAfter } from "./device.ts";
import { Ledger } from "./ledger.ts";
import { PhoneView } from "./phone-view.tsx";

const ledger = new Ledger();
const devices = signal<readonly Device[]>([]);
const fault = signal("");
const isShowing = signal(false);

const names = ["ann", "bob", "eve", "kim", "lea", "max"];

let isCounting = false;

/** At most every 50 ms, however many messages come. */
function recount(): void {
  if (isCounting) return;
  isCounting = true;
  setTimeout(() => {
    isCounting = false;
    for (const device of devices.value) device.look();
  }, 50);
}

function stored(channel: string, position: string | undefined): void {
  if (position !== undefined) ledger.stored(channel, position);
  recount();
}

async function addPhone(): Promise<void> {
  const name = names.find((known) => !devices.value.some(({ user }) => user === known));
  if (name === undefined) return;
  const device = new Device(name, ledger, recount);
  devices.value = [...devices.value, device];
  fault.value = "";
  try {
    await device.start();
    recount();
  } catch (thrown) {
    removePhone(device);
    const { code, message } = callErrorOf(thrown);
    fault.value = code === "not_found" ? "tokens" : [code, message].filter(Boolean).join(", ");
  }
}

function removePhone(device: Device): void {
  device.end();
  devices.value = devices.value.filter((other) => other !== device);
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What the room is for, played once. */
async function showOnce(): Promise<void> {
  const [device] = devices.value;
  if (!device || isShowing.value) return;
  isShowing.value = true;
  try {
    if (device.hiddenAt.value !== undefined || device.isFrozen.value) device.show();
    device.hide();
    await wait(suspendAfter + 300);
    for (let count = 1; count <= 20; count++) {
      stored(channels.chat, await publish(channels.chat, { text: `message ${count} of 20` }));
      await wait(80);
    }
    await wait(1_200);
    device.show();
  } catch (thrown) {
    fault.value = callErrorOf(thrown).code;
  }
  isShowing.value = false;
}

export default function TryRoom() {
  const t = words.value;
  useEffect(() => {
    // Two, so that one is seen to go on while the other is away.
    if (devices.value.length === 0) void addPhone().then(addPhone);
  }, []);
  return (
    <>
      <div class="room-head">
        <div>
          <h1>{t.try.title}</h1>
          <p class="faint">{t.try.lead}</p>
        </div>
        <div class="show-me">
          <button
            type="button"
            class="main"
            disabled={isShowing.value || devices.value.length === 0}
            onClick={() => void showOnce()}
          >
            {isShowing.value ? t.try.showing : `▶ ${t.try.show}`}
          </button>
          <span class="faint small">{t.try.showWhy}</span>
        </div>
      </div>
      <Fault />
      <div class="try">
        <div class="phones">
          {devices.value.map((device) => (
            <PhoneView
              key={device.user}
              device={device}
              onRemove={devices.value.length > 1 ? () => removePhone(device) : undefined}
            />
          ))}
          {devices.value.length < names.length && (
            <button type="button" class="add-phone" onClick={() => void addPhone()}>
              + {t.try.addPhone}
            </button>
          )}
        </div>
        <BackendView onStored={stored} />
      </div>
    </>
  );
}

function Fault() {
  const t = words.value;
  const { value } = fault;
  return (
    <div role="alert">
      {value !== "" && (
        <p class="notice bad">
          {value === "tokens" ? t.try.noTokens : t.failed(value)}
          {devices.value.length === 0 && (
            <button type="button" onClick={() => void addPhone()}>
              {t.again}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
