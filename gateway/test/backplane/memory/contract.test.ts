import { brokerContract } from "../../contract/broker.ts";
import { controlContract } from "../../contract/control.ts";
import { presenceContract } from "../../contract/presence.ts";
import { revocationsContract } from "../../contract/revocations.ts";
import { tidingsContract } from "../../contract/tidings.ts";
import { makeMemoryHarness } from "./harness.ts";

brokerContract("memory", makeMemoryHarness);
presenceContract("memory", makeMemoryHarness);
controlContract("memory", makeMemoryHarness);
revocationsContract("memory", makeMemoryHarness);
tidingsContract("memory", makeMemoryHarness);
