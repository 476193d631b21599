/** Installs what the tests start and this machine lacks; ends with 1 where something is lacking afterwards. */

import { provide } from "./programs/provide.ts";

const missing = provide("gateway", "client", "console", "deploy", "chaos", "languages");
if (missing.length === 0) process.stdout.write("All that the tests start is installed.\n");
process.exitCode = missing.length > 0 ? 1 : 0;
