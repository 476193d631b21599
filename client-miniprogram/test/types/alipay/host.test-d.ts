import { connect } from "../../../src/index.ts";

connect("wss://rt.example.com", { host: my });
connect("wss://rt.example.com", { host: { ...my, suspendAfter: 10_000 } });
