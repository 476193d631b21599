import { Agent, request } from "node:http";
import type { ServerProcess } from "../server-process.ts";
import { stampedData } from "./stamps.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Posts to the server API and reads the answer. @throws Error for any status but 200 */
export function post(server: ServerProcess, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${server.apiKey}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const call = request({ agent, port: server.adminPort, host: "127.0.0.1", path, method: "POST", headers });
    call.on("error", reject);
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path}: ${response.statusCode} ${text}`));
      });
    });
    call.end(body);
  });
}

export async function publishBatch(server: ServerProcess, channel: string, count: number): Promise<void> {
  await post(server, "/v1/batch", batchBody(channel, count));
}

export function batchBody(channel: string, count: number): string {
  const operation = `{"publish":${publishBody(channel)}}`;
  return `{"operations":[${new Array(count).fill(operation).join(",")}]}`;
}

export function publishBody(channel: string): string {
  return `{"channel":${JSON.stringify(channel)},"data":${stampedData(100)}}`;
}
