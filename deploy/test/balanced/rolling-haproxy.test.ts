import { describeRolling } from "./rolling.ts";

// Smaller and faster than in operation.
describeRolling({ kind: "haproxy", clients: 400, drainWindow: 3_000 });
