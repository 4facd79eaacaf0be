/** Partitions of Kafka topics, by the topic's name. */
export type Partitions = ReadonlyMap<string, readonly number[]>;

/** Version 0 of what Kafka's own clients write when they join: with it `kafka-consumer-groups --describe` shows who reads what. */
export function subscriptionBytes(partitions: Partitions): Buffer {
  return Buffer.concat([int16(0), int32(partitions.size), ...Array.from(partitions.keys(), text), int32(-1)]);
}

/** The same for what is given to the one member. */
export function assignmentBytes(partitions: Partitions): Buffer {
  const topics = Array.from(partitions, ([topic, indexes]) =>
    Buffer.concat([text(topic), int32(indexes.length), ...indexes.map(int32)]),
  );
  return Buffer.concat([int16(0), int32(partitions.size), ...topics, int32(-1)]);
}

/** What a member was given, whoever gave it. Nothing of what is no assignment of Kafka's own clients. */
export function assignedIn(bytes: Uint8Array): Partitions {
  const found = new Map<string, readonly number[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  const size = (width: 2 | 4) => {
    const value = width === 2 ? view.getInt16(at) : view.getInt32(at);
    at += width;
    return value;
  };
  try {
    for (let topics = size(4); topics > 0; topics -= 1) {
      const length = size(2);
      const topic = Buffer.from(bytes.subarray(at, at + length)).toString();
      at += length;
      const count = size(4);
      // No number of them is believed that the bytes do not hold.
      if (count * 4 > bytes.byteLength - at) return found;
      found.set(
        topic,
        Array.from({ length: count }, () => size(4)),
      );
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
