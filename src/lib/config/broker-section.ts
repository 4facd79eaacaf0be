import { z } from "zod";
import { addressProblem } from "./address.ts";
import { ENGINES, type EngineName } from "./engine-keys.ts";
import { kafkaSection } from "./kafka-section.ts";
import type { KnownKeys } from "./known-keys.ts";
import { leaf, textLike, textWithout, trueOrFalse } from "./leaf.ts";

/** Also a part of a file name, `auth/auth.<name>.yaml`: no slash, no leading dot. */
export const ENVIRONMENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

const environmentName = textLike(ENVIRONMENT_NAME, {
  expected: "the name of an environment: 1 to 63 letters, digits, - and _",
  fix: "Write for instance environment: development.",
});

const address = (key: string) =>
  textWithout(addressProblem, {
    expected: "an http or https address without user name, query and fragment",
    fix: `Write for instance ${key}: http://127.0.0.1:7070.`,
  });

const environment = z.strictObject({
  admin: address("admin").optional(),
  inbox: address("inbox").optional(),
  protected: trueOrFalse("protected").optional(),
});

const engine = leaf((value): value is EngineName => ENGINES.some((one) => one === value), {
  expected: "embedded or kafka",
  fix: "Write engine: embedded or engine: kafka.",
});

/** `kbroker:` in `.kavak/config.yaml`, and the whole of the user's own file: ours alone, so nothing unknown is let through. */
export const brokerSection = z.strictObject({
  environment: environmentName.optional(),
  environments: z.record(environmentName, environment).optional(),
  engine: engine.optional(),
  kafka: kafkaSection.optional(),
});

export type BrokerSection = z.output<typeof brokerSection>;

export function brokerSectionKeys(path: readonly string[]): readonly KnownKeys[] {
  return [
    { path, keys: Object.keys(brokerSection.shape) },
    { path: [...path, "kafka"], keys: Object.keys(kafkaSection.shape) },
    { path: [...path, "environments", "*"], keys: Object.keys(environment.shape) },
  ];
}
