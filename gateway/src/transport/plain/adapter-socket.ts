import { framesOf } from "../../fanout/dialect.ts";
import { SocketOutlet } from "../../fanout/outlet.ts";
import type { Members } from "./members.ts";

/** What Socket.IO's adapter asks of a socket, so that emitters and other servers reach what is none. */
export abstract class AdapterSocket extends SocketOutlet {
  abstract readonly id: string;
  protected abstract get members(): Members;

  /** A backend puts it into rooms. */
  abstract join(rooms: string | string[]): void;

  leave(room: string): void {
    this.members.leave(this, room);
  }

  get rooms(): Set<string> {
    return this.members.roomsOf(this);
  }

  get handshake(): object {
    return noHandshake;
  }

  get data(): object {
    return {};
  }

  get conn(): this {
    return this;
  }

  get client(): this {
    return this;
  }

  /** What is volatile is written to each socket by itself, and only while it has nothing to take. */
  writeToEngine([text = "", ...attachments]: [string, ...Buffer[]], { volatile = false } = {}): void {
    if (volatile && this.unsent > 0) return;
    const frames = framesOf(this.dialect, `4${text}`, attachments);
    if (frames.length > 0) this.append(frames);
  }

  /** It cannot acknowledge an event, and nobody waits for it. */
  get acks(): { set(id: number, acknowledge: (answer: null) => void): void } {
    return silentAcks;
  }
}

const silentAcks = {
  set(_id: number, acknowledge: (answer: null) => void): void {
    acknowledge(null);
  },
};

const noHandshake = Object.freeze({ headers: {}, query: {}, auth: {} });
