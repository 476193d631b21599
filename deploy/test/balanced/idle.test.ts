import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const read = (file: string) => readFileSync(resolve(import.meta.dirname, "../../proxy", file), "utf8");

it("nginx keeps a WebSocket that is silent for an hour", () => {
  const [, clients = ""] = /location \S* ?\S*socket\S+ \{([^}]*)\}/.exec(read("nginx.conf")) ?? [];
  expect(clients).toMatch(/^\s*proxy_read_timeout 3600s;$/m);
  expect(clients).toMatch(/^\s*proxy_send_timeout 3600s;$/m);
});

it("HAProxy keeps a WebSocket that is silent for an hour", () => {
  const [, defaults = ""] = /^defaults\n((?:[ \n].*\n?)*)/m.exec(read("haproxy.cfg")) ?? [];
  expect(defaults).toMatch(/^\s*timeout tunnel 3600s$/m);
});
