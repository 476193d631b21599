/* A backend that is asked: it lets everybody in after 5 ms, and under `/hang` it never answers. */

import { createServer } from "node:http";

const delay = 5;

createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.url === "/hang") return;
  const { subscribe = [] }: { subscribe?: object[] } = JSON.parse(Buffer.concat(chunks).toString());
  const answer = JSON.stringify({ results: subscribe.map(() => ({})) });
  setTimeout(() => response.setHeader("content-type", "application/json").end(answer), delay);
}).listen(Number(process.env.BENCH_PORT), "127.0.0.1");
