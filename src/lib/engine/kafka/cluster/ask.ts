import { type Connection, TimeoutError } from "@platformatic/kafka";
import type { Clock } from "../../../domain/clock.ts";
import { KafkaFailure, kafkaFailure } from "../wire/failure.ts";
import type { Purpose } from "../wire/links.ts";
import type { Wire } from "../wire/wire.ts";

/** An operator waits: who does not answer within this is not heard. */
export const HEARD_MS_MAX = 3_000;
/** So many brokers are asked the same at once: one that hangs keeps nobody waiting. */
const ASKED_MAX = 5;

type Act<T> = (connection: Connection) => Promise<T>;

interface Asking {
  /** What passes within this is tried again. */
  readonly deadlineMs?: number;
  /** `admin` where the broker has to ask the controller. */
  readonly purpose?: Purpose;
}

/** What the first broker says that answers at all. Fails with what Kafka refused, else with why nobody answered. */
export async function askAnybody<T>(wire: Wire, act: Act<T>, { purpose = "look" }: Asking = {}): Promise<T> {
  const nodes = Array.from(wire.brokers().keys()).slice(0, ASKED_MAX);
  const all = nodes.map((node) => askOne(wire, node, act, { purpose }));
  const asked = await Promise.any(all).catch((error: unknown) => told(error));
  if (!(asked instanceof NobodyAnswered)) return asked;
  // All that were known may have been replaced: those that were given are asked last.
  return within(
    wire.clock,
    "The cluster",
    wire.call({ any: true }, act, { purpose, deadlineMs: 0 }).catch(() => Promise.reject(asked.reason)),
  );
}

class NobodyAnswered {
  readonly reason: KafkaFailure;
  constructor(reason: KafkaFailure) {
    this.reason = reason;
  }
}

/** Throws what no other broker would answer differently. */
function told(thrown: unknown): NobodyAnswered {
  const failures = (thrown instanceof AggregateError ? thrown.errors : [thrown]).map((each) => kafkaFailure(each));
  const refusal = failures.find(({ isPassing }) => !isPassing);
  if (refusal !== undefined) throw refusal;
  return new NobodyAnswered(failures[0] ?? kafkaFailure(thrown));
}

export function askOne<T>(
  wire: Wire,
  node: number,
  act: Act<T>,
  { deadlineMs = 0, purpose = "look" }: Asking = {},
): Promise<T> {
  return within(wire.clock, `Broker ${node}`, wire.call({ node }, act, { purpose, deadlineMs }));
}

/** Fails with `engine_unavailable` where it takes too long. */
async function within<T>(clock: Clock, who: string, asked: Promise<T>): Promise<T> {
  const heard = new AbortController();
  const late = clock.after(HEARD_MS_MAX, heard.signal).then(() => {
    throw new KafkaFailure(new TimeoutError(`${who} said nothing for ${HEARD_MS_MAX / 1_000} s.`));
  });
  // Whichever of the two is second is nobody's concern.
  late.catch(() => undefined);
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, late]);
  } finally {
    heard.abort();
  }
}
