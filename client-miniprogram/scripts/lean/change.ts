/** What a file of the official client is in the bundle. */
export interface Change {
  /** The whole file, in place of what it is. */
  file?: string;
  /** Methods by name: what to put in place of them; an empty text leaves them out. */
  methods?: { [name: string]: string };
  /** What to leave out besides. */
  cut?: RegExp[];
}

/** What a package's files are, by their paths in it. */
export type Changes = { [path: string]: Change };

export const none = "";
export const noop = (name: string) => `${name}() {}`;
export const absentClass = (name: string): Change => ({ file: `export class ${name} {}` });
