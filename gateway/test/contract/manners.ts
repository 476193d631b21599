import type { PresenceManner } from "../../src/backplane/ports.ts";

/** Who goes is gone at once, and nobody is told. */
export const quiet: PresenceManner = { announce: false, pace: 0, linger: 0, hold: 0 };
/** Who goes is gone at once, and everybody is told. */
export const told: PresenceManner = { ...quiet, announce: true };
