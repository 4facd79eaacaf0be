import { z } from "zod";
import { KBrokerError } from "../domain/error.ts";
import { KAFKA_KEYS } from "./engine-keys.ts";
import type { Settings } from "./settings.ts";
import type { Setting } from "./settings-file.ts";

const shownSetting = z.object({
  name: z.string(),
  /** `null` is "not set". A token and a password are only ever "set". */
  value: z.union([z.string(), z.boolean()]).nullable(),
  origin: z.string().nullable(),
  /** Why there is no value although there should be one. */
  problem: z.string().nullable(),
});

/** What `config show --json` prints. */
export const settingsReport = z.object({ items: z.array(shownSetting) });

export type ShownSetting = z.output<typeof shownSetting>;
export type SettingsReport = z.output<typeof settingsReport>;

export interface Shown {
  readonly report: SettingsReport;
  /** Each failure once. */
  readonly failures: readonly KBrokerError[];
}

/**
 * Every setting in force; of Kafka those that are set. One that cannot be worked out is shown as such and keeps none of the others
 * back.
 */
export async function showSettings(settings: Settings): Promise<Shown> {
  const failures = new Map<string, KBrokerError>();
  const show = async (
    name: string,
    get: () => Promise<Setting<string | boolean> | undefined>,
  ): Promise<ShownSetting> => {
    try {
      const setting = await get();
      return { name, value: setting?.value ?? null, origin: setting?.origin ?? null, problem: null };
    } catch (error) {
      if (!(error instanceof KBrokerError)) throw error;
      failures.set(error.message, error);
      return { name, value: null, origin: null, problem: error.message };
    }
  };
  const masked = async () => settings.token() && { origin: "KBROKER_TOKEN", value: "set" };
  const items = [
    await show("environment", settings.environment),
    await show("admin", settings.adminUrl),
    await show("inbox", settings.inboxUrl),
    await show("protected", settings.protected),
    await show("token", masked),
    await show("engine", settings.engine.engine),
  ];
  for (const key of KAFKA_KEYS) {
    if (key === "sasl_password_file") continue;
    items.push(...set(await show(`kafka.${key}`, () => settings.engine.kafka(key))));
  }
  items.push(...set(await show("kafka.sasl_password", () => passwordSetting(settings))));
  return { report: { items }, failures: [...failures.values()] };
}

function set(shown: ShownSetting): readonly ShownSetting[] {
  return shown.value === null && shown.problem === null ? [] : [shown];
}

async function passwordSetting({ engine }: Settings): Promise<Setting<string> | undefined> {
  const place = await engine.password();
  return place && { value: place.value.kind === "file" ? `set (${place.value.file})` : "set", origin: place.origin };
}
