import { CHECKS, engineConformance } from "../../conformance/engine.ts";
import { length } from "../../faults/kafka-length.ts";
import { clusterOfFile, describeWithOwnKafka } from "../../support/kafka.ts";
import { prepareOn } from "../../support/kafka-conformance.ts";

/** What several brokers may do otherwise than one: leaders and coordinators on all of them, metadata that comes to each by itself. */
const TELLING = ["log", "topics of several shards", "cursors", "the engine as a whole"];

/** All of it: `npm run test:faults:kafka -- test/lib/engine/kafka-3-nodes`. */
const parts = length(TELLING, Object.keys(CHECKS));

describeWithOwnKafka("on Apache Kafka with three nodes, each record on two of them at least", () => {
  engineConformance("kafka", prepareOn(clusterOfFile({ nodes: 3 })), parts);
});
