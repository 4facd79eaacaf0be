import type { Reader } from "@platformatic/kafka";
import { kafkaFailure } from "./failure.ts";

/**
 * A list in an answer of Kafka. The library's own reading takes the count of tagged fields for their length and reads the rest of the answer
 * wrong where there are any: Kafka adds the new leader to an answer that says `NOT_LEADER_OR_FOLLOWER`.
 */
export function listIn<T>(reader: Reader, read: (reader: Reader) => T): readonly T[] {
  const list = reader.readNullableArray(
    (each) => {
      const found = read(each);
      skipTagged(each);
      return found;
    },
    true,
    false,
  );
  return list ?? [];
}

/** Behind the last field of what is no list. */
export function skipTagged(reader: Reader): void {
  for (let left = reader.readUnsignedVarInt(); left > 0; left -= 1) {
    reader.readUnsignedVarInt();
    const length = reader.readUnsignedVarInt();
    reader.skip(length);
  }
}

/** The answer also where parts of it are errors, which the library makes an exception of the whole. */
export async function withErrors<T>(answer: Promise<T>, isAnswer: (response: unknown) => response is T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const failure = kafkaFailure(error);
    if (isAnswer(failure.response)) return failure.response;
    throw failure;
  }
}

export function hasList(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && Array.isArray(Reflect.get(value, name));
}
