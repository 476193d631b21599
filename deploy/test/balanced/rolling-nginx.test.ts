import { describeRolling } from "./rolling.ts";

// Smaller and faster than in operation.
describeRolling({ kind: "nginx", clients: 2_000, drainWindow: 6_000 });
