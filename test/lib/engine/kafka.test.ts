import { engineConformance } from "../../conformance/engine.ts";
import { describeWithKafka, kafkaForTests } from "../../support/kafka.ts";
import { prepareOn } from "../../support/kafka-conformance.ts";

describeWithKafka("on Apache Kafka", () => {
  engineConformance("kafka", prepareOn(kafkaForTests));
});
