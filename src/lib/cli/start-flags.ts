import { Flags } from "@oclif/core";
import { ENGINES } from "../config/engine-keys.ts";
import type { SettingsFlags } from "../config/settings-file.ts";

const EMBEDDED = "EMBEDDED ENGINE";
const KAFKA = "KAFKA ENGINE";

/** Where a broker keeps everything. What has no default here may also come from a variable or a file. */
export const storageFlags = {
  engine: Flags.option({
    options: ENGINES,
    description: "Where everything is kept: in a directory of this machine, or in Apache Kafka (default: embedded).",
  })(),
  "data-dir": Flags.string({
    description: "Where everything is kept (default: kbroker in $XDG_DATA_HOME, else in ~/.local/share).",
    helpGroup: EMBEDDED,
    helpValue: "<dir>",
  }),
  "accept-loss": Flags.boolean({
    description: "Start although data is missing; what is missing counts as damaged.",
    helpGroup: EMBEDDED,
  }),
  "segment-bytes": Flags.integer({ description: "Size of a journal segment.", hidden: true, min: 1_024 }),
  brokers: Flags.string({
    description: "Brokers of the Kafka cluster to begin with; the cluster names the others.",
    helpGroup: KAFKA,
    helpValue: "<host:port,…>",
  }),
  prefix: Flags.string({
    description:
      "What the names of all topics and groups in Kafka begin with, so that several installations share a cluster (default: none).",
    helpGroup: KAFKA,
    helpValue: "<text>",
  }),
  partitions: Flags.integer({ description: "Partitions of each topic that is made in Kafka.", hidden: true, min: 1 }),
  tls: Flags.boolean({ description: "Connect to Kafka with TLS.", helpGroup: KAFKA, allowNo: true }),
  "tls-ca": Flags.string({
    description: "Certificate (PEM) of the authority behind the brokers' own; means --tls.",
    helpGroup: KAFKA,
    helpValue: "<file>",
  }),
  "tls-server-name": Flags.string({
    description: "Name that the brokers' certificates are for, where it is not their host; means --tls.",
    helpGroup: KAFKA,
    helpValue: "<host>",
  }),
  "sasl-mechanism": Flags.string({
    description: "How the user is proved: plain, scram-sha-256 or scram-sha-512; plain only with TLS.",
    helpGroup: KAFKA,
    helpValue: "<name>",
  }),
  "sasl-username": Flags.string({ description: "User of the Kafka cluster.", helpGroup: KAFKA, helpValue: "<name>" }),
  "sasl-password-file": Flags.string({
    description: "File with the user's password, read anew at each connect. Or the variable KAFKA_PASSWORD.",
    helpGroup: KAFKA,
    helpValue: "<file>",
  }),
  "node-id": Flags.string({
    description: "Name of this node among the nodes (default: the host's name and the port).",
    helpGroup: KAFKA,
    helpValue: "<name>",
  }),
  advertise: Flags.string({
    description: "Where the other nodes reach this one (default: where it listens).",
    helpGroup: KAFKA,
    helpValue: "<url>",
  }),
  roles: Flags.string({
    description:
      "What this node is for (default: all): inbox takes messages, outbox owns subscriptions and pushes, admin answers the CLI.",
    helpGroup: KAFKA,
    helpValue: "inbox,outbox,admin",
  }),
};

interface KafkaFlags {
  readonly engine?: string | undefined;
  readonly brokers?: string | undefined;
  readonly prefix?: string | undefined;
  readonly tls?: boolean | undefined;
  readonly "tls-ca"?: string | undefined;
  readonly "tls-server-name"?: string | undefined;
  readonly "sasl-mechanism"?: string | undefined;
  readonly "sasl-username"?: string | undefined;
  readonly "sasl-password-file"?: string | undefined;
}

/** As settings know them. */
export function engineFlags(flags: KafkaFlags): SettingsFlags {
  return {
    engine: flags.engine,
    kafka: {
      brokers: flags.brokers,
      prefix: flags.prefix,
      tls: flags.tls === undefined ? undefined : String(flags.tls),
      tls_ca: flags["tls-ca"],
      tls_server_name: flags["tls-server-name"],
      sasl_mechanism: flags["sasl-mechanism"],
      sasl_username: flags["sasl-username"],
      sasl_password_file: flags["sasl-password-file"],
    },
  };
}
