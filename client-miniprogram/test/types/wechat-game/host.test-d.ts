import { connect } from "../../../src/index.ts";

connect("wss://rt.example.com", { host: wx });
connect("wss://rt.example.com", { host: { ...wx, suspendAfter: 10_000 } });
