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
