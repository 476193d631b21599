/** Installs what the tests start and this machine lacks; ends with 1 where something is lacking afterwards. */

import { provide } from "./programs/provide.ts";

process.exitCode = provide("gateway", "client", "deploy", "chaos", "languages").length > 0 ? 1 : 0;
