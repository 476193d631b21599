import { expect, it } from "vitest";
import { engineAddress } from "../../src/socketio/address.ts";

it.each([
  ["wss://a.test", "/socket.io", "wss://a.test/socket.io/?EIO=4&transport=websocket"],
  ["wss://a.test/", "/socket.io/", "wss://a.test/socket.io/?EIO=4&transport=websocket"],
  ["ws://a.test:3000/page#top", "/rt", "ws://a.test:3000/rt/?EIO=4&transport=websocket"],
  ["http://[::1]:3000", "/rt", "ws://[::1]:3000/rt/?EIO=4&transport=websocket"],
  ["https://a.test", "/rt", "wss://a.test/rt/?EIO=4&transport=websocket"],
  ["WSS://a.test", "/rt", "wss://a.test/rt/?EIO=4&transport=websocket"],
  ["wss://a.test?b64=1", "/rt", "wss://a.test/rt/?EIO=4&transport=websocket&b64=1"],
  ["wss://a.test/x?v=1&EIO=3&transport=polling#y", "/rt", "wss://a.test/rt/?EIO=4&transport=websocket&v=1"],
  [
    "wss://a.test?城=市",
    "/实时",
    "wss://a.test/%E5%AE%9E%E6%97%B6/?EIO=4&transport=websocket&%E5%9F%8E=%E5%B8%82",
  ],
])("%s with the path %s is reached at %s", (url, path, address) => {
  expect(engineAddress(url, path)).toBe(address);
});
