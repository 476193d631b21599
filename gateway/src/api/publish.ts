/*
 * `POST /v1/publish`: one message to one channel or to many. `batch.ts` publishes through the same functions. It is
 * where most of a backend's traffic comes in.
 */

import { z } from "zod";
import { idempotencyLifetime } from "../backplane/ports.ts";
import { Failure } from "../errors.ts";
import { maxItems, publicationId } from "../protocol/request-schemas.ts";
import { answers } from "./answers.ts";
import { channel, connection, errorBody, position } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

/**
 * What a body may say besides its data: a thousand names of 255 bytes, and as many excluded connections. JSON
 * writes a character of two bytes in six where its writer escapes all but ASCII.
 */
const envelopeBytes = 512 * 1024;
const escapeFactor = 3;

const minute = 60_000;

export const publication = z
  .strictObject({
    channel: channel.optional(),
    channels: z
      .array(channel)
      .max(maxItems)
      .optional()
      .meta({ description: "In place of `channel`; an empty list counts as absent." }),
    data: z
      .unknown()
      .refine((data) => data !== undefined, "expected a value")
      .meta({ description: "Any JSON value.", examples: [{ text: "hello" }] }),
    id: publicationId.optional().meta({
      description: `For ${idempotencyLifetime / minute} minutes, the same id on the same channel publishes nothing again.`,
    }),
    exclude: z
      .array(connection)
      .max(1_000)
      .optional()
      .meta({ description: "Connections that get `position` instead of the message." }),
  })
  .refine(
    (body) => (body.channel === undefined) !== (body.channels === undefined || body.channels.length === 0),
    "expected exactly one of `channel` and `channels`",
  )
  .meta({
    id: "Publication",
    description: "A message for one channel (`channel`) or for several (`channels`): exactly one of the two.",
  });

export type PublicationBody = z.output<typeof publication>;

/** One object for good and bad: of two, generated clients take the first that fits, and lose the error. */
export const publishResult = z
  .object({
    channel,
    position: position
      .exactOptional()
      .meta({ description: "On a channel with history, where there is no `error`." }),
    error: errorBody.exactOptional().meta({ description: "Present where nothing was published." }),
  })
  .meta({ id: "PublishResult", description: "Stored, unless there is an `error`." });

const publishAnswer = z.object({ results: z.array(publishResult) }).meta({ id: "PublishAnswer" });

export type PublishResult = z.infer<typeof publishResult>;

export function publishRoutes(api: Api, { publisher, maxPayload }: ApiServices): void {
  api.post(
    "/v1/publish",
    {
      bodyLimit: escapeFactor * maxPayload + envelopeBytes,
      schema: {
        operationId: "publish",
        tags: ["Messages"],
        summary: "Publish a message",
        description:
          "With `channel`, a failure is answered with its own status. With `channels`, the answer is 200 and " +
          "each channel has its own result. Once a result has no error, the message is stored.",
        body: publication,
        response: answers("One result a channel, in order.", publishAnswer, [
          "unknown_channel",
          "too_large",
          "timeout",
        ]),
      },
    },
    async ({ body }) => {
      const { channel } = body;
      if (channel !== undefined)
        return { results: [resultOf(channel, await send(publisher, channel, body))] };
      return { results: await Promise.all(publishAll(publisher, body)) };
    },
  );
}

/**
 * Starts the publications of a body, in order, before it returns: order within a channel is that of the calls.
 *
 * @returns for each channel its result; none of them rejects
 */
export function publishAll(
  publisher: ApiServices["publisher"],
  body: PublicationBody,
): Promise<PublishResult>[] {
  return channelsOf(body).map((channel) =>
    send(publisher, channel, body).then(
      (position) => resultOf(channel, position),
      (thrown: unknown) => ({ channel, error: Failure.of(thrown).body }),
    ),
  );
}

/** One or several; the schema allows exactly one of the two. */
export function channelsOf({ channel, channels }: PublicationBody): readonly string[] {
  return channel === undefined ? (channels ?? []) : [channel];
}

function send(publisher: ApiServices["publisher"], channel: string, body: PublicationBody) {
  const { data, id, exclude = [] } = body;
  return publisher.publish({ channel, data, id, except: exclude });
}

/** A channel without history has no positions. */
function resultOf(channel: string, position: string | undefined) {
  return position === undefined ? { channel } : { channel, position };
}
