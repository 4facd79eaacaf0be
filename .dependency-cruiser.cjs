/** The layer rules of docs/map.md. `only` lists what a folder may import; everything else is an error. */
const only = (name, from, allowed, fromNot) => ({
  name,
  severity: "error",
  from: { path: from, ...(fromNot === undefined ? {} : { pathNot: fromNot }) },
  to: { path: "^(src|node_modules)", pathNot: allowed },
});

const PURE = "^src/lib/(domain|api|broker)";

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "pure-layers-do-no-io", severity: "error", from: { path: PURE }, to: { dependencyTypes: ["core"] } },
    only("domain-knows-only-domain", "^src/lib/domain", "^src/lib/domain"),
    only("api-knows-domain", "^src/lib/api", "^(src/lib/(domain|api)|node_modules/zod)"),
    only("broker-knows-port-and-domain", "^src/lib/broker", "^src/lib/(domain|broker|engine/port|connectors/port)"),
    only("connectors-know-their-port-and-domain", "^src/lib/connectors", "^(src/lib/(domain|connectors)|node_modules)"),
    only("engines-know-port-and-domain", "^src/lib/engine", "^(src/lib/(domain|engine)|node_modules)"),
    {
      name: "engines-never-see-each-other",
      severity: "error",
      from: { path: "^src/lib/engine/([^/.]+)/" },
      to: { path: "^src/lib/engine/", pathNot: "^src/lib/engine/(port|$1/)" },
    },
    only("outbox-knows-domain", "^src/lib/outbox", "^(src/lib/(domain|outbox|engine/port)|node_modules)"),
    only("schemas-know-domain", "^src/lib/schemas", "^(src/lib/(domain|schemas|engine/port)|node_modules)"),
    only(
      "server-knows-broker-and-api",
      "^src/lib/server",
      "^(src/lib/(domain|api|broker|server|connectors/port)|node_modules)",
    ),
    only("client-knows-api", "^src/lib/client", "^(src/lib/(domain|api|client)|node_modules)"),
    only("config-knows-domain", "^src/lib/config", "^(src/lib/(domain|config)|node_modules)"),
    only(
      "cli-never-touches-a-broker",
      "^src/lib/cli",
      "^(src/lib/(cli|client|api|config|domain|system-clock)|node_modules)",
    ),
    only(
      "commands-know-the-cli-side",
      "^src/commands",
      "^(src/lib/(cli|client|api|config|domain)|node_modules/@oclif/core)",
      "^src/commands/broker/start\\.ts$",
    ),
    only(
      "only-broker-start-opens-a-broker",
      "^src/commands/broker/start\\.ts$",
      "^(src/lib/(cli|client|api|config|domain|open-broker)|node_modules/@oclif/core)",
    ),
    {
      name: "storage-libraries-stay-in-their-engine",
      severity: "error",
      from: { pathNot: "^src/lib/engine/embedded/" },
      to: { path: "^node_modules/lmdb" },
    },
    {
      name: "kafka-library-stays-in-its-engine",
      severity: "error",
      from: { pathNot: "^src/lib/engine/kafka/" },
      to: { path: "^node_modules/@platformatic/kafka" },
    },
    {
      name: "database-libraries-stay-in-connectors",
      severity: "error",
      from: { pathNot: "^src/lib/connectors/[^/]+/" },
      to: { path: "^node_modules/(pg|pg-logical-replication)/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    // So that a tree whose node_modules is a link is judged like any other.
    preserveSymlinks: true,
  },
};
