import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Says at the end which tests were skipped for want of a program, one line for those of a file with the same want. */
export class LackReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      const titles = new Map<string, string[]>();
      for (const test of module.children.allTests("skipped")) {
        const note = noteOf(test);
        if (note?.startsWith("needs ")) titles.set(note, [...(titles.get(note) ?? []), test.fullName]);
      }
      for (const [note, names] of titles) print(module, names, note);
    }
  }
}

function noteOf(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === "skipped" ? result.note : undefined;
}

function print(module: TestModule, [first, ...others]: readonly string[], note: string): void {
  const which = others.length === 0 ? `"${first}"` : `${others.length + 1} tests`;
  process.stderr.write(`skipped: ${module.relativeModuleId}, ${which}: ${note}\n`);
}
