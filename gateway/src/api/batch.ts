/*
 * `POST /v1/batch`: many publications in one call. Each operation succeeds or fails by itself, and order within a
 * channel is that of the list.
 */

import { z } from "zod";
import { Failure } from "../errors.ts";
import { check } from "../protocol/parse.ts";
import { answers } from "./answers.ts";
import { channelsOf, publication, publishAll, publishResult } from "./publish.ts";
import { channel, errorBody, position } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const batchBytes = 16 * 1024 * 1024;

/** A thousand operations on a thousand channels each would hold the node for many seconds. */
const maxPublications = 10_000;

const operation = z.strictObject({ publish: publication }).meta({ id: "Operation" });

const batch = z
  .strictObject({
    operations: z
      .array(z.unknown().meta({ $ref: "#/components/schemas/OperationInput" }))
      .min(1)
      .max(1_000)
      .meta({ description: "Each is checked on its own: a malformed one does not stop the others." }),
  })
  .meta({ id: "Batch" });

const operationResult = z
  .object({
    channel: channel.exactOptional().meta({ description: "Of an operation on one." }),
    position: position.exactOptional().meta({ description: "As in `PublishResult`." }),
    error: errorBody.exactOptional().meta({ description: "Alone where the operation is malformed." }),
    results: z.array(publishResult).exactOptional().meta({ description: "Of an operation on `channels`." }),
  })
  .meta({ id: "OperationResult", description: "Done, unless there is an `error`, here or in `results`." });

const batchAnswer = z.object({ results: z.array(operationResult) }).meta({ id: "BatchAnswer" });

type OperationResult = z.infer<typeof operationResult>;
type Operation = z.output<typeof operation> | Failure;

export function batchRoutes(api: Api, services: ApiServices): void {
  api.post(
    "/v1/batch",
    {
      bodyLimit: batchBytes,
      schema: {
        operationId: "batch",
        tags: ["Messages"],
        summary: "Publish many messages",
        description:
          "Order within a channel is that of the operations. The answer is 200 and each operation has its own " +
          `result. At most ${maxPublications} publications, where each of an operation's channels is one.`,
        body: batch,
        response: answers("One result an operation, in order.", batchAnswer, ["too_large"]),
      },
    },
    async ({ body }) => {
      const operations = body.operations.map(readOperation);
      checkCount(operations);
      return { results: await Promise.all(operations.map((item) => run(services, item))) };
    },
  );
}

function readOperation(value: unknown): Operation {
  const checked = check(operation, value, "operation");
  return "fault" in checked ? checked.fault : checked.value;
}

/** @throws Failure `bad_request`, before anything is published */
function checkCount(operations: readonly Operation[]): void {
  let count = 0;
  for (const item of operations) if (!(item instanceof Failure)) count += channelsOf(item.publish).length;
  if (count <= maxPublications) return;
  throw new Failure("bad_request", `operations: expected at most ${maxPublications} publications in all`);
}

/** Not an async function: the publications of one operation start before the next one's. */
function run({ publisher }: ApiServices, item: Operation): Promise<OperationResult> | OperationResult {
  if (item instanceof Failure) return { error: item.body };
  const results = publishAll(publisher, item.publish);
  const [only] = results;
  if (item.publish.channel !== undefined && only) return only;
  return Promise.all(results).then((all) => ({ results: all }));
}
