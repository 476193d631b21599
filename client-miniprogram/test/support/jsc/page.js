// The app's page, behind the bundle.
globalThis.openPage = (url, token, channel) => {
  const tide = exports.connect(url, { token });
  const room = tide.channel(channel);
  room.on("message", ({ data }) => ask({ seen: data }));
  room.on("reset", () => ask({ seen: "reset" }));
  tide.on("state", (state) => ask({ state }));
  room.publish("é語😀").catch((error) => ask({ seen: String(error) }));
};
run();
