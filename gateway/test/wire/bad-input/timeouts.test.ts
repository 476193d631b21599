import { describe, expect, it } from "vitest";
import { frame, noCode } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";

const arena = useArena({ env: { TIDEGATE_CONNECT_TIMEOUT: "500ms" } });

describe("a socket that does not connect in time is closed", () => {
  it("when it says nothing", async () => {
    const socket = await arena.socket();
    expect(await socket.closed).toBe(noCode);
    expect(socket.texts).toEqual([expect.stringMatching(/^0\{/)]);
  });

  it("when it keeps talking", async () => {
    const socket = await arena.socket();
    const talking = setInterval(() => socket.write(frame("3"), frame("", { opcode: 9 })), 20);
    expect(await socket.closed).toBe(noCode);
    clearInterval(talking);
  });

  it("when its CONNECT never ends", async () => {
    const socket = await arena.socket();
    socket.write(frame('40{"token":"', { fin: false }));
    expect(await socket.closed).toBe(noCode);
  });

  it("and not when it has connected", async () => {
    const session = await arena.session();
    const idle = await arena.socket();
    await idle.closed;
    expect(await session.request("away", {})).toEqual({ ok: true });
  });
});
