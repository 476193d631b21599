import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Milliseconds that a backend waits for an answer. */
const patience = 4_000;

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/**
 * Calls a node's server API.
 *
 * @param api address of its admin port
 * @throws Error where no answer came
 */
export function call(api: string, key: string, method: string, path: string, body?: object): Promise<Answer> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = { authorization: `Bearer ${key}`, ...(text && { "content-type": "application/json" }) };
  return new Promise((resolve, reject) => {
    const sent = request(`${api}${path}`, { agent, method, headers, timeout: patience });
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error("No answer came.")));
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const json = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: json === "" ? {} : JSON.parse(json) });
      });
    });
    sent.end(text);
  });
}
