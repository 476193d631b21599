const setOperators = /^(and|or|unless)\b(\s*(on|ignoring)\s*\([^)]*\))?/;
const past = /\s+offset\s+\d+[smhd]\b/g;
const limit = /\s*(==|!=|>=|<=|>|<)\s*[\d.]+(\s*\*\s*[\d.]+)?\s*$/;

/**
 * What an alert looks at, without when it fires: its operands of `and`, `or` and `unless`, each without the limit that it
 * is compared with, what is to be `absent` as itself, and what is asked of the past as of now, since a fleet of a test
 * has none. Of a fleet that is well each must have data.
 */
export function watched(expression: string): string[] {
  return operands(expression).map((operand) => {
    const absent = /^absent\((.*)\)$/s.exec(operand)?.[1];
    return (absent ?? operand).replace(limit, "").replaceAll(past, "");
  });
}

function operands(expression: string): string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  let quoted = false;
  for (let at = 0; at < expression.length; at += 1) {
    const character = expression.charAt(at);
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if ("({[".includes(character)) depth += 1;
    if (")}]".includes(character)) depth -= 1;
    const operator = depth === 0 && /\s/.test(character) && setOperators.exec(expression.slice(at + 1));
    if (!operator) continue;
    found.push(expression.slice(start, at).trim());
    at += operator[0].length;
    start = at + 1;
  }
  return [...found, expression.slice(start).trim()];
}

const variables: [name: string, value: string][] = [
  ["$__rate_interval", "10s"],
  ["$namespace", ".*"],
  ["$job", ".*"],
  ["$pod", ".*"],
  ["$redis", ".*"],
];

/** A panel's expression as Grafana would send it with everything chosen. */
export function filledIn(expression: string): string {
  return variables.reduce((text, [name, value]) => text.replaceAll(name, value), expression);
}
