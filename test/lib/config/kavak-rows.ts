import { FILE_BYTES_MAX } from "../../../src/lib/config/read-text.ts";

/** What stands in an auth file rather than in config.yaml. */
export interface AuthContent {
  readonly auth: string;
}

/** A name, the content of `.kavak/config.yaml` (or of an auth file), and everything that is to be found in it. */
export type Row = readonly [name: string, content: string | Uint8Array | AuthContent, ...found: string[]];

const auth = (text: string): AuthContent => ({ auth: text });
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Nine anchors, each a list of nine times the one before. */
function aliasBomb(): string {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  const lists = names.map((name, index) => {
    const item = index === 0 ? "x" : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(item).join(", ")}]\n`;
  });
  return lists.join("");
}

export const ROWS: readonly Row[] = [
  // YAML itself
  [
    "a tab that indents",
    "auth:\n\tenabled: true\n",
    "2:1 error : A tab indents this line; YAML indents with spaces only.",
  ],
  ["a tab before the first key", "\tauth: {}\n", "1:1 error : A tab indents this line; YAML indents with spaces only."],
  ["a tab between key and value is allowed", "auth:\n  enabled:\tfalse\n"],
  [
    "a key twice",
    "auth: {enabled: true}\nauth: {enabled: false}\n",
    '2:1 error auth: The key "auth" stands here a second time; the first is on line 1.',
  ],
  [
    "a key twice, deep in a list",
    "jobs:\n  - name: a\n    command: [x]\n  - name: b\n    command: [x]\n    name: c\n",
    '6:5 error jobs[1].name: The key "name" stands here a second time; the first is on line 4.',
  ],
  [
    "a key twice in braces",
    "kbroker: {environment: dev, environment: production, environments: {dev: {}}}\n",
    '1:29 error kbroker.environment: The key "environment" stands here a second time; the first is on line 1.',
  ],
  ["an anchor and its alias", "x: &off {enabled: false}\nauth: *off\n"],
  [
    "a fault behind an alias is where the anchor wrote it",
    "x: &a {enabled: 1}\nauth: *a\n",
    "1:17 error auth.enabled: Expected true or false, found the number 1.",
  ],
  ["a merge key", "base: &b {cpu: 1, memory: 512Mi}\njobs:\n  - name: a\n    command: [x]\n    resources: {<<: *b}\n"],
  [
    "a fault behind a merge key is where the anchor wrote it",
    "base: &b {cpu: 1, memory: lots of}\njobs:\n  - name: a\n    command: [x]\n    resources:\n      <<: *b\n",
    '1:27 error jobs[0].resources.memory: Expected a quantity, found the text "lots of".',
  ],
  ["a merge of what is no mapping", "a: &a 1\nb:\n  <<: *a\n", "3:3 error : << merges something that is no mapping."],
  [
    "an alias of nothing",
    "auth: *nope\n",
    "1:7 error : A value that starts with * is the name of an anchor, and no anchor of this name stands above it.",
  ],
  [
    "a cron schedule without quotes",
    "jobs:\n  - name: a\n    schedule: */5 * * * *\n    command: [x]\n",
    "3:15 error : A value that starts with * is the name of an anchor, and no anchor of this name stands above it.",
  ],
  ["anchors that multiply", aliasBomb(), "1:1 error : The anchors multiply into far more than the file holds."],
  ["an anchor within itself, in somebody else's part", "a: &a [*a]\n"],
  [
    "two documents",
    "auth: {enabled: true}\n---\nauth: {enabled: false}\n",
    "2:1 error : A second document starts here; the file is one document.",
  ],
  ["one document between markers", "---\nauth: {enabled: false}\n...\n"],
  [
    "CRLF line ends",
    "auth:\r\n  enabled: yes\r\nkbroker:\r\n  enviroment: x\r\n",
    '2:12 error auth.enabled: Expected true or false, found the text "yes".',
    '4:3 error kbroker.enviroment: Expected environment, environments, engine, kafka; found the key "enviroment", which looks like environment.',
  ],
  [
    "a byte order mark",
    "﻿auth:\n  enabled: 1\n",
    "2:12 error auth.enabled: Expected true or false, found the number 1.",
  ],
  ["an empty file", ""],
  ["comments only", "# nothing\n\n# here\n"],
  ["blank lines only", "  \n\n"],
  ["null", "null\n"],
  ["a list", "- a\n", "1:1 error : Expected a mapping, found a list."],
  ["a text", "hello\n", '1:1 error : Expected a mapping, found the text "hello".'],
  ["a number", "42\n", "1:1 error : Expected a mapping, found the number 42."],
  [
    "a bracket left open",
    "auth: {enabled: true\n",
    "2:1 error : Not valid YAML: Flow map in block collection must be sufficiently indented and end with a }.",
  ],
  ["a quote left open", 'auth: "x\n', "2:1 error : A quote or a bracket that was opened is not closed."],
  ["a second colon", "a: b: c\n", "1:4 error : A second colon on this line makes it a mapping within a mapping."],
  [
    "a value that starts with @",
    "a: @x\n",
    "1:4 error : A value cannot start with this character unless it is quoted.",
  ],
  [
    "an escape that does not exist",
    'a: "\\q"\n',
    "1:5 error : A backslash in double quotes starts an escape that does not exist.",
  ],
  [
    "an indentation that fits nothing",
    "auth:\n  enabled: true\n kbroker: {}\n",
    "3:1 error : Not valid YAML: All mapping items must start at the same column.",
  ],
  ["a tag of another tool", "a: !secret x\n", "1:4 warning : This tag means nothing here and is ignored."],
  ["a key that is a list", "? [a]\n: b\n"],
  [
    "20 000 keys",
    `${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join("\n")}\nauth: 1\n`,
    "20001:7 error auth: Expected a mapping, found the number 1.",
  ],
  // bytes
  [
    "a program",
    new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]),
    "1:1 error : The file holds the control character U+007F, so it is no text.",
  ],
  [
    "a NUL in a text",
    "auth:\n  enabled: tr\0ue\n",
    "2:14 error : The file holds the control character U+0000, so it is no text.",
  ],
  ["a picture", new Uint8Array([0x89, 0x50, 0x4e, 0x47]), "1:1 error : The file is not valid UTF-8 from here on."],
  ["Latin-1", latin1("a: 1\nb: café\n"), "2:7 error : The file is not valid UTF-8 from here on."],
  [
    "a character cut off at the end",
    new TextEncoder().encode("a: 1\nb: café").slice(0, -1),
    "2:7 error : The file is not valid UTF-8 from here on.",
  ],
  ["UTF-16", new Uint8Array([0xff, 0xfe, 0x61, 0, 0x3a, 0]), "1:1 error : The file is not valid UTF-8 from here on."],
  ["1 MB", `# ${"x".repeat(FILE_BYTES_MAX - 3)}\n`],
  [
    "a byte over 1 MB",
    `# ${"x".repeat(FILE_BYTES_MAX - 2)}\n`,
    "1:1 error : Expected at most 1048576 bytes, found 1048577.",
  ],
  // auth
  [
    "auth without anything, and its key beside it",
    "auth:\nenabled: true\n",
    "1:6 error auth: Expected a mapping, found nothing.",
  ],
  ["auth as a list", "auth: [enabled]\n", "1:7 error auth: Expected a mapping, found a list."],
  [
    "yes is a text in YAML 1.2",
    "auth: {enabled: yes}\n",
    '1:17 error auth.enabled: Expected true or false, found the text "yes".',
  ],
  [
    "on is a text in YAML 1.2",
    "auth: {enabled: on}\n",
    '1:17 error auth.enabled: Expected true or false, found the text "on".',
  ],
  [
    "true in quotes",
    'auth: {enabled: "true"}\n',
    '1:17 error auth.enabled: Expected true or false, found the text "true".',
  ],
  ["1 for true", "auth: {enabled: 1}\n", "1:17 error auth.enabled: Expected true or false, found the number 1."],
  ["enabled without a value", "auth:\n  enabled:\n", "2:11 error auth.enabled: Expected true or false, found nothing."],
  [
    "enable for enabled",
    "auth: {enable: true}\n",
    '1:8 error auth.enable: Expected enabled; found the key "enable", which looks like enabled.',
  ],
  ["a key of another tool in auth", "auth: {provider: x}\n"],
  [
    "tokens on without an auth file",
    "auth: {enabled: true}\n",
    "1:17 warning auth.enabled: Tokens are on, but .kavak/auth has no auth.<environment>.yaml, so nothing can be published or subscribed to.",
  ],
  // jobs
  ["a mapping for the list of jobs", "jobs: {name: a}\n", "1:7 error jobs: Expected a list, found a mapping."],
  ["a text for a job", "jobs: [a]\n", '1:8 error jobs[0]: Expected a mapping, found the text "a".'],
  [
    "a job without name and command",
    "jobs:\n  - schedule: '0 3 * * *'\n",
    "2:5 error jobs[0].name: name is missing: expected a name of letters, digits and hyphens.",
    "2:5 error jobs[0].command: command is missing: expected a list.",
  ],
  [
    "a name with an underscore",
    "jobs:\n  - {name: a_b, command: [x]}\n",
    '2:12 error jobs[0].name: Expected a name of letters, digits and hyphens, found the text "a_b".',
  ],
  [
    "a number for a name",
    "jobs:\n  - {name: 12, command: [x]}\n",
    "2:12 error jobs[0].name: Expected a name of letters, digits and hyphens, found the number 12.",
  ],
  [
    "a command as one text",
    "jobs:\n  - name: a\n    command: npm start\n",
    '3:14 error jobs[0].command: Expected a list, found the text "npm start".',
  ],
  [
    "a command of nothing",
    "jobs:\n  - {name: a, command: []}\n",
    "2:24 error jobs[0].command: Expected at least one entry, found an empty list.",
  ],
  [
    "a number within a command",
    "jobs:\n  - {name: a, command: [serve, 8080]}\n",
    "2:32 error jobs[0].command[1]: Expected a text, found the number 8080.",
  ],
  [
    "a schedule with seconds",
    "jobs:\n  - {name: a, command: [x], schedule: '0 0 3 * * *'}\n",
    '2:39 error jobs[0].schedule: Expected a cron schedule of 5 fields (minute hour day month weekday), found the text "0 0 3 * * *": it has 6 fields.',
  ],
  [
    "a schedule out of range",
    "jobs:\n  - {name: a, command: [x], schedule: '60 * * * *'}\n",
    '2:39 error jobs[0].schedule: Expected a cron schedule of 5 fields (minute hour day month weekday), found the text "60 * * * *": the minute 60 is not within 0–59.',
  ],
  [
    "resources that are no quantities",
    "jobs:\n  - {name: a, command: [x], resources: {cpu: fast, memory: -1}}\n",
    '2:46 error jobs[0].resources.cpu: Expected a quantity, found the text "fast".',
    "2:60 error jobs[0].resources.memory: Expected a quantity, found the number -1.",
  ],
  [
    "comand for command",
    "jobs:\n  - {name: a, comand: [x]}\n",
    "2:5 error jobs[0].command: command is missing: expected a list.",
    '2:15 warning jobs[0].comand: Expected name, schedule, command, resources; found the key "comand", which looks like command.',
  ],
  [
    "two jobs of one name",
    "jobs:\n  - {name: a, command: [x]}\n  - {name: a, command: [y]}\n",
    '3:12 warning jobs[1].name: The job name "a" is that of jobs[0].',
  ],
  ["a key of another tool in a job", "jobs:\n  - {name: a, command: [x], owner: me}\n"],
  // kbroker
  ["kbroker without anything", "kbroker:\n", "1:9 error kbroker: Expected a mapping, found nothing."],
  [
    "a key that kbroker does not know",
    "kbroker: {colour: red}\n",
    '1:11 error kbroker.colour: Expected environment, environments, engine, kafka; found the key "colour".',
  ],
  [
    "enviroments for environments",
    "kbroker:\n  enviroments: {}\n",
    '2:3 error kbroker.enviroments: Expected environment, environments, engine, kafka; found the key "enviroments", which looks like environments.',
  ],
  [
    "kbrokr for kbroker",
    "kbrokr: {}\n",
    '1:1 warning kbrokr: Expected jobs, auth, kbroker; found the key "kbrokr", which looks like kbroker.',
  ],
  ["kbrokr beside kbroker is somebody else's", "kbrokr: {}\nkbroker: {}\n"],
  ["a key of another tool at the top", "services: []\n"],
  [
    "a number for an environment",
    "kbroker: {environment: 1}\n",
    "1:24 error kbroker.environment: Expected the name of an environment: 1 to 63 letters, digits, - and _, found the number 1.",
  ],
  [
    "a path for an environment",
    "kbroker: {environment: ../x}\n",
    '1:24 error kbroker.environment: Expected the name of an environment: 1 to 63 letters, digits, - and _, found the text "../x".',
  ],
  [
    "an environment that is described nowhere",
    "kbroker: {environment: stagging, environments: {staging: {}}}\n",
    '1:24 warning kbroker.environment: The environment "stagging" is not described under kbroker.environments.',
  ],
  [
    "a list of environments",
    "kbroker: {environments: [dev]}\n",
    "1:25 error kbroker.environments: Expected a mapping, found a list.",
  ],
  [
    "an environment with a slash in its name",
    "kbroker:\n  environments:\n    a/b: {}\n",
    '3:5 error kbroker.environments["a/b"]: Expected the name of an environment: 1 to 63 letters, digits, - and _.',
  ],
  [
    "an address for a whole environment",
    "kbroker: {environments: {dev: http://x}}\n",
    '1:31 error kbroker.environments.dev: Expected a mapping, found the text "http://x".',
  ],
  [
    "an address without http",
    "kbroker:\n  environments:\n    dev:\n      admin: localhost:7070\n",
    '4:14 error kbroker.environments.dev.admin: Expected an http or https address without user name, query and fragment, found the text "localhost:7070": it is no http or https URL.',
  ],
  [
    "an address with a password, which is not repeated",
    "kbroker: {environments: {dev: {admin: 'http://u:hidden@x'}}}\n",
    '1:39 error kbroker.environments.dev.admin: Expected an http or https address without user name, query and fragment, found the text "http://…@x": it holds a user name or password.',
  ],
  [
    "a number as an environment's name",
    "kbroker:\n  environments:\n    1: {admin: x}\n",
    '3:16 error kbroker.environments.1.admin: Expected an http or https address without user name, query and fragment, found the text "x": it is no URL.',
  ],
  [
    "yes for protected, beside an unknown key",
    "kbroker: {environments: {dev: {protected: yes, colour: 1}}}\n",
    '1:43 error kbroker.environments.dev.protected: Expected true or false, found the text "yes".',
    '1:48 error kbroker.environments.dev.colour: Expected admin, inbox, protected; found the key "colour".',
  ],
  [
    "an engine, and Kafka with all its keys",
    "kbroker:\n  engine: kafka\n  kafka:\n    brokers: [a:9092, '[::1]']\n    prefix: shop-\n    tls: true\n    tls_ca: ca.pem\n    tls_server_name: k.internal\n    sasl_mechanism: plain\n    sasl_username: kb\n    sasl_password_file: /run/p\n",
  ],
  ["Kafka's brokers as one text", "kbroker: {kafka: {brokers: 'a:9092,b'}}\n"],
  [
    "an engine that there is not",
    "kbroker:\n  engine: Kafka\n",
    '2:11 error kbroker.engine: Expected embedded or kafka, found the text "Kafka".',
  ],
  [
    "brokers that are none",
    "kbroker:\n  kafka:\n    brokers: [a:9092, kafka://b]\n",
    '3:14 error kbroker.kafka.brokers: Expected one or more host:port, found a list: "kafka://b" begins with a scheme; Kafka\'s brokers are host:port.',
  ],
  [
    "a prefix that names in Kafka cannot have",
    "kbroker: {kafka: {prefix: shop/}}\n",
    '1:27 error kbroker.kafka.prefix: Expected what the names of all topics and groups in Kafka begin with, found the text "shop/": it is not at most 40 letters, digits, ., _ and -.',
  ],
  [
    "no brokers",
    "kbroker: {kafka: {brokers: []}}\n",
    "1:28 error kbroker.kafka.brokers: Expected one or more host:port, found an empty list.",
  ],
  [
    "a password among the settings",
    "kbroker:\n  kafka:\n    sasl_password: hunter2\n    sasl_mechanism: gssapi\n    tls: yes\n",
    '3:5 error kbroker.kafka.sasl_password: Expected brokers, prefix, tls, tls_ca, tls_server_name, sasl_mechanism, sasl_username, sasl_password_file; found the key "sasl_password", which looks like sasl_password_file.',
    '4:21 error kbroker.kafka.sasl_mechanism: Expected the name of a SASL mechanism, found the text "gssapi": there are plain, scram-sha-256 and scram-sha-512.',
    '5:10 error kbroker.kafka.tls: Expected true or false, found the text "yes".',
  ],
  [
    "__proto__ as a key",
    "__proto__: 1\nkbroker: {__proto__: {a: 1}}\n",
    '2:11 error kbroker.__proto__: Expected environment, environments, engine, kafka; found the key "__proto__".',
  ],
  // auth files
  [
    "the face that offers",
    auth("version: v1\navailable_scopes: [event-receive]\nallowed_clients: {kbroker-outbox: [event-receive]}\n"),
  ],
  ["the face that asks", auth("client_id: a\nscopes: [kbroker-inbox.event-publish]\naudiences: [kbroker-inbox]\n")],
  ["an empty auth file", auth("")],
  [
    "half of the face that offers",
    auth("available_scopes: [event-receive]\n"),
    "1:1 error version: version is missing: a file that offers scopes (here by available_scopes) has version, available_scopes, allowed_clients.",
    "1:1 error allowed_clients: allowed_clients is missing: a file that offers scopes (here by available_scopes) has version, available_scopes, allowed_clients.",
  ],
  [
    "half of the face that asks",
    auth("scopes: [kbroker-inbox.event-publish]\n"),
    "1:1 error client_id: client_id is missing: a file that asks for tokens (here by scopes) has client_id, scopes, audiences.",
    "1:1 error audiences: audiences is missing: a file that asks for tokens (here by scopes) has client_id, scopes, audiences.",
  ],
  [
    "version 1",
    auth("version: 1\navailable_scopes: [event-receive]\nallowed_clients: {kbroker-outbox: [event-receive]}\n"),
    "1:10 error version: Expected v1, found the number 1.",
  ],
  [
    "a text for the scopes",
    auth("client_id: a\nscopes: x\naudiences: [kbroker-inbox]\n"),
    '2:9 error scopes: Expected a list, found the text "x".',
  ],
  [
    "numbers for a client and an audience",
    auth("client_id: 7\nscopes: [kbroker-inbox.event-publish]\naudiences: [1]\n"),
    "1:12 error client_id: Expected the workload's client id, found the number 7.",
    "3:13 error audiences[0]: Expected an audience, found the number 1.",
  ],
  [
    "allowed_client for allowed_clients",
    auth("version: v1\navailable_scopes: [event-receive]\nallowed_client: {kbroker-outbox: [event-receive]}\n"),
    "1:1 error allowed_clients: allowed_clients is missing: a file that offers scopes (here by available_scopes) has version, available_scopes, allowed_clients.",
    '3:1 error allowed_client: Expected client_id, scopes, audiences, version, available_scopes, allowed_clients; found the key "allowed_client", which looks like allowed_clients.',
  ],
  [
    "a key that nobody knows",
    auth("owner: me\n"),
    '1:1 warning owner: Expected client_id, scopes, audiences, version, available_scopes, allowed_clients; found the key "owner".',
  ],
  [
    "a list for the allowed clients",
    auth("version: v1\navailable_scopes: [event-receive]\nallowed_clients: [kbroker-outbox]\n"),
    "3:18 error allowed_clients: Expected a mapping, found a list.",
  ],
  [
    "a text for a client's scopes",
    auth("version: v1\navailable_scopes: [event-receive]\nallowed_clients: {kbroker-outbox: event-receive}\n"),
    '3:35 error allowed_clients.kbroker-outbox: Expected a list, found the text "event-receive".',
  ],
  [
    "an offer without kbroker-outbox",
    auth("version: v1\navailable_scopes: [event-receive]\nallowed_clients: {shop: [event-receive]}\n"),
    "3:18 warning allowed_clients.kbroker-outbox: Expected event-receive in allowed_clients.kbroker-outbox: without it kbroker cannot push to this workload.",
  ],
  [
    "an offer without event-receive",
    auth("version: v1\navailable_scopes: [read]\nallowed_clients: {kbroker-outbox: [read]}\n"),
    "2:1 warning available_scopes: Expected event-receive in available_scopes: without it kbroker cannot push to this workload.",
    "3:19 warning allowed_clients.kbroker-outbox: Expected event-receive in allowed_clients.kbroker-outbox: without it kbroker cannot push to this workload.",
  ],
  [
    "an ask without kbroker's scope and audience",
    auth("client_id: a\nscopes: [x]\naudiences: [y]\n"),
    "2:1 warning scopes: Expected kbroker-inbox.event-publish in scopes: without it publishing to kbroker is refused.",
    "3:1 warning audiences: Expected kbroker-inbox in audiences: without it publishing to kbroker is refused.",
  ],
];
