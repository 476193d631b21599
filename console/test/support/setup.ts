import { provide } from "../../../scripts/programs/provide.ts";

/** Before the tests: what they start is installed, where that is possible. */
export default function setup(): void {
  provide("console");
}
