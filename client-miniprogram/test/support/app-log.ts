import { onTestFinished } from "vitest";

/** What pages' mistakes leave in the app's error log, until the test is over. */
export function appLog(): unknown[] {
  const thrown: unknown[] = [];
  const caught = (error: unknown) => thrown.push(error);
  process.on("uncaughtException", caught);
  onTestFinished(() => void process.off("uncaughtException", caught));
  return thrown;
}
