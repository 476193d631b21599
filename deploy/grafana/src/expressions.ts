/** What is chosen at the top of the page. */
const chosen = 'namespace=~"$namespace",job=~"$job",pod=~"$pod"';

/** The series of a metric on the chosen pods. @param more matchers of labels, such as `code="ok"` */
export function of(metric: string, more = ""): string {
  return `${metric}{${chosen}${more === "" ? "" : `,${more}`}}`;
}

/** Increases a second of a counter. */
export function rate(counter: string, more = ""): string {
  return `rate(${of(counter, more)}[$__rate_interval])`;
}

/** @param labels that are kept, such as `pod` */
export function sum(expression: string, ...labels: string[]): string {
  return `sum${labels.length === 0 ? "" : ` by (${labels.join(",")})`} (${expression})`;
}

/** @param histogram without `_bucket` */
export function quantile(q: number, histogram: string, ...labels: string[]): string {
  return `histogram_quantile(${q}, ${sum(rate(`${histogram}_bucket`), "le", ...labels)})`;
}
