/** The listeners of a node, each on its own port of 127.0.0.1. Those after CONTROLLER are there where the cluster has users. */
export const LISTENERS = ["CLIENT", "CONTROLLER", "TLS", "SASL", "SASLTLS"] as const;
export type Listener = (typeof LISTENERS)[number];
export type Ports = Readonly<Partial<Record<Listener, number>>>;

const PROTOCOLS: Readonly<Record<Listener, string>> = {
  CLIENT: "PLAINTEXT",
  CONTROLLER: "PLAINTEXT",
  TLS: "SSL",
  SASL: "SASL_PLAINTEXT",
  SASLTLS: "SASL_SSL",
};

export interface NodeSettings {
  readonly id: number;
  readonly dataDir: string;
  /** Of every node, in their order. */
  readonly ports: readonly Ports[];
  readonly users: Readonly<Record<string, string>>;
  /** Certificate and key in one; with users. */
  readonly pemFile: string | undefined;
  /** Over those below. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The text of server.properties: a combined broker and controller that starts fast and forgets fast who died. */
export function serverProperties(node: NodeSettings): string {
  const replicas = String(node.ports.length);
  const inSyncMin = node.ports.length === 1 ? "1" : "2";
  const all: Readonly<Record<string, string>> = {
    "process.roles": "broker,controller",
    "node.id": String(node.id),
    "log.dirs": node.dataDir,
    "controller.quorum.voters": node.ports
      .map((ports, index) => `${index + 1}@${address(ports, "CONTROLLER")}`)
      .join(","),
    ...listenerSettings(node),
    "auto.create.topics.enable": "false",
    "default.replication.factor": replicas,
    "min.insync.replicas": inSyncMin,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSyncMin,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSyncMin,
    "group.initial.rebalance.delay.ms": "0",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "log.cleaner.dedupe.buffer.size": "8388608",
    ...node.settings,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

export function address(ports: Ports, listener: Listener): string {
  return `127.0.0.1:${ports[listener]}`;
}

function listenerSettings({ id, ports, users, pemFile }: NodeSettings): Readonly<Record<string, string>> {
  const own = ports[id - 1] ?? {};
  const names = LISTENERS.filter((name) => own[name] !== undefined);
  return {
    listeners: names.map((name) => `${name}://${address(own, name)}`).join(","),
    "listener.security.protocol.map": names.map((name) => `${name}:${PROTOCOLS[name]}`).join(","),
    "inter.broker.listener.name": "CLIENT",
    "controller.listener.names": "CONTROLLER",
    ...(pemFile === undefined ? {} : { ...tls(pemFile), ...sasl(users) }),
  };
}

function tls(pemFile: string): Readonly<Record<string, string>> {
  return { "ssl.keystore.type": "PEM", "ssl.keystore.location": pemFile };
}

function sasl(users: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required ${known.join(" ")};`;
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  return Object.fromEntries([
    ["sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"],
    ...["sasl", "sasltls"].flatMap((listener) => [
      [`listener.name.${listener}.plain.sasl.jaas.config`, plain],
      [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`, scram],
      [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`, scram],
    ]),
  ]);
}
