import {
  type RunnerTestCase,
  type RunnerTestFile,
  type RunnerTestSuite,
  TestRunner,
  type TestTryOptions,
} from "vitest";
import { lackingNote, needNothing } from "./need.ts";

/** Skips each test of a file that needs what the machine lacks, and the hooks that would start it. */
export default class ProgramAwareRunner extends TestRunner {
  override onCollectStart(file: RunnerTestFile): void {
    needNothing();
    super.onCollectStart(file);
  }

  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onBeforeRunSuite(suite);
    if (lackingNote() === undefined) return;
    for (const hooks of Object.values(TestRunner.getSuiteHooks(suite))) hooks.length = 0;
  }

  override onBeforeTryTask(test: RunnerTestCase, options: TestTryOptions): void {
    const note = lackingNote();
    if (note !== undefined) test.context.skip(note);
    super.onBeforeTryTask(test, options);
  }
}
