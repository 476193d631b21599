// Plain JavaScript, so that any Node can say what is wrong instead of failing on the first type annotation.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Tidegate's scripts need Node 22.18 or later, and this is ${process.versions.node}.\n` +
      "`npm ci` brings the right one (the `node` package), unless install scripts are switched off:\n" +
      "run `npm rebuild node`, or use a newer Node.\n",
  );
  process.exit(1);
}
