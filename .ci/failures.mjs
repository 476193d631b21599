// Names each test that failed, and why, from the runners' JSON reports given as arguments.
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

function say(file, fault) {
  process.stdout.write(`FAILED ${relative(".", file)}${fault.slice(0, 1_500)}\n\n`);
}

for (const report of process.argv.slice(2).filter(existsSync)) {
  for (const { name, status, message, assertionResults } of JSON.parse(readFileSync(report, "utf8"))
    .testResults) {
    const failed = assertionResults.filter((test) => test.status === "failed");
    for (const { fullName, failureMessages } of failed) {
      say(name, `: ${fullName}\n${failureMessages.join("\n")}`);
    }
    if (status === "failed" && failed.length === 0) say(name, `\n${message}`);
  }
}
