/** `npm run prove -- NAME …`: what is proved by hand, since it takes minutes or loads much; CI runs a part of each. */

const [name = "", ...args] = process.argv.slice(2);

const proofs: Record<string, { words: string; run: () => Promise<unknown> }> = {
  generators: {
    words:
      "[--language java|python|go|typescript]   clients that are generated compile, call and lose no error",
    run: () => import("./generators/main.ts"),
  },
};

const proof = Object.hasOwn(proofs, name) ? proofs[name] : undefined;
if (!proof) {
  const lines = Object.entries(proofs).map(([known, { words }]) => `npm run prove -- ${known} ${words}\n`);
  process.stderr.write(lines.join(""));
  process.exit(2);
}
process.argv.splice(2, process.argv.length, ...args);
await proof.run();
