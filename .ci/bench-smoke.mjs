// Runs every bench scenario small, and checks that each has all its figures for each of its servers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

const output = execFileSync("npm", ["run", "--silent", "bench", "--", "--quick", "--json"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
const { machine, scenarios } = JSON.parse(output);
assert.ok(machine.includes("Node"));
assert.ok(scenarios.length >= 14, `only ${scenarios.length} scenarios ran`);
for (const { name, runs } of scenarios) {
  assert.ok(Object.keys(runs).length > 0, `${name} ran on no server`);
  for (const [server, [figures]] of Object.entries(runs)) {
    assert.ok(Object.keys(figures).length > 0, `${name} has no figures of ${server}`);
    for (const [figure, value] of Object.entries(figures)) {
      assert.ok(Number.isFinite(value), `${name}: ${figure} of ${server} is ${value}`);
    }
  }
}
