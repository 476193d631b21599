import type { Config } from "../../../gateway/src/config/schema.ts";

/** What the start may warn of: the keys that come with the project for trying it, where those are configured. */
export function keyWarnings({ apiKeys }: Pick<Config, "apiKeys">): string[] {
  const areKnown = apiKeys.some((key) => /^for-(trying|development)-only/.test(key));
  if (!areKnown) return [];
  const short = apiKeys.map(
    (key, index) =>
      `TIDEGATE_API_KEYS: key ${index + 1} has ${key.length} bytes; one of less than 32 can be guessed`,
  );
  return [...short, "a key is one of those that come with the project, which everybody knows"];
}
