/* The same publication from a backend's own code, as it can be pasted. */

export const sampleNames = ["curl", "Node", "Python", "Go"] as const;

export type SampleName = (typeof sampleNames)[number];

interface Publication {
  /** Of the server API. */
  origin: string;
  channel: string;
  data: unknown;
}

/** @param key what is written for it; absent: the variable `KEY` is read */
export function sample(name: SampleName, { origin, channel, data }: Publication, key?: string): string {
  const url = `${origin}/v1/publish`;
  const body = JSON.stringify({ channel, data });
  switch (name) {
    case "curl":
      return [
        `curl -s ${url} -H "authorization: Bearer ${key ?? "$KEY"}" \\`,
        `  -H "content-type: application/json" -d '${body.replaceAll("'", `'\\''`)}'`,
      ].join("\n");
    case "Node":
      return [
        `await fetch("${url}", {`,
        '  method: "POST",',
        `  headers: { authorization: ${key ? `"Bearer ${key}"` : '"Bearer " + process.env.KEY'}, "content-type": "application/json" },`,
        `  body: JSON.stringify(${body}),`,
        "});",
      ].join("\n");
    case "Python":
      return [
        "import json, os, urllib.request",
        "",
        `body = json.dumps(${python({ channel, data })}).encode()`,
        `headers = {"authorization": "Bearer " + ${key ? `"${key}"` : 'os.environ["KEY"]'}, "content-type": "application/json"}`,
        `urllib.request.urlopen(urllib.request.Request("${url}", body, headers))`,
      ].join("\n");
    case "Go":
      return [
        `body := strings.NewReader(${JSON.stringify(body)})`,
        `request, _ := http.NewRequest("POST", "${url}", body)`,
        `request.Header.Set("authorization", "Bearer "+${key ? `"${key}"` : 'os.Getenv("KEY")'})`,
        'request.Header.Set("content-type", "application/json")',
        "http.DefaultClient.Do(request)",
      ].join("\n");
  }
}

/** A JSON value as Python writes it. */
function python(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}: ${python(member)}`)
    .join(", ")}}`;
}
