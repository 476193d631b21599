/**
 * The changelog with what was unreleased as this version.
 *
 * @param date as `2026-01-31`
 */
export function released(text: string, version: string, date: string): string {
  if (text.includes(`\n## [${version}]`)) return text;
  return text.replace("\n## [Unreleased]\n", `\n## [Unreleased]\n\n## [${version}] - ${date}\n`);
}
