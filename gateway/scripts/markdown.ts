/** Stands under the title of every generated page. */
export const generatedNote =
  "<!-- Made by `npm run generate`. A change here is lost; change what it is made from. -->";

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
