import { KBrokerError } from "../../src/lib/domain/error.ts";
import { type Life, passUntil, type World } from "./world.ts";

/** What takes longer would have been answered as still running. */
const MS_MAX = 9_000;

/** What was answered, or the code of the refusal. */
export async function answered<T>(world: World, life: Life, asked: Promise<T>): Promise<T | string> {
  const caught = asked.catch((error: unknown) => {
    if (error instanceof KBrokerError) return error.code;
    throw error;
  });
  await passUntil(world, life, { work: caught, ms: MS_MAX });
  return await caught;
}
