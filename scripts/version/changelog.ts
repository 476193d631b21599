/**
 * The changelog with what was unreleased as this version.
 *
 * @param date as `2026-01-31`
 */
export function released(text: string, version: string, date: string): string {
  if (text.includes(`\n## [${version}]`)) return text;
  return text.replace("\n## [Unreleased]\n", `\n## [Unreleased]\n\n## [${version}] - ${date}\n`);
}

/** What the changelog says of a version, without its heading; undefined where it says nothing. */
export function section(text: string, version: string): string | undefined {
  const [, rest] = text.split(`\n## [${version}]`);
  const body = rest?.slice(rest.indexOf("\n")).split(/\n## \[/)[0];
  return body === undefined ? undefined : `${body.trim()}\n`;
}
