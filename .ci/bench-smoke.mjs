// Runs every bench scenario small, and checks that each has all its figures for each of its servers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

function bench(...names) {
  const args = ["run", "--silent", "bench", "--", "--quick", "--json", ...names];
  return JSON.parse(execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
}

const { machine, scenarios } = bench();
// Those that are no part of a full run.
scenarios.push(...bench("ask", "ask-hanging", "dialects", "hostile").scenarios);
assert.ok(machine.includes("Node"));
assert.ok(scenarios.length >= 18, `only ${scenarios.length} scenarios ran`);
for (const { name, runs } of scenarios) {
  assert.ok(Object.keys(runs).length > 0, `${name} ran on no server`);
  for (const [server, [figures]] of Object.entries(runs)) {
    assert.ok(Object.keys(figures).length > 0, `${name} has no figures of ${server}`);
    for (const [figure, value] of Object.entries(figures)) {
      assert.ok(Number.isFinite(value), `${name}: ${figure} of ${server} is ${value}`);
    }
  }
}
