import { spawn } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { subscription, topic } from "../commands/fixtures.ts";
import { stubBroker } from "../commands/stub-broker.ts";
import { temporaryDir } from "./http.ts";
import { childEnv, kbroker, program } from "./program.ts";

const TEST_MS_MAX = 120_000;

const broker = () =>
  stubBroker({
    "GET /admin/v1/topics": { items: [topic(), topic({ name: "orders.eu" }), topic({ name: "payments" })] },
    "GET /admin/v1/subscriptions": { items: [subscription(), subscription({ name: "mailer" })] },
  });

/** What bash would offer for each of the lines, the cursor at its end; it loads the script as a person's ~/.bashrc does. */
async function offered(lines: readonly string[], env: Record<string, string>): Promise<readonly (readonly string[])[]> {
  const cwd = await temporaryDir();
  await mkdir(join(cwd, "bin"));
  await symlink(program(), join(cwd, "bin", "kbroker"));
  await writeFile(
    join(cwd, "complete.sh"),
    [
      'eval "$(kbroker completion bash)"',
      "compopt() { echo files; }",
      'for line in "$@"; do',
      '  IFS=" " read -r -a COMP_WORDS <<< "$line"',
      '  [[ $line == *" " ]] && COMP_WORDS+=("")',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own.
      "  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))",
      "  _kbroker kbroker",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own.
      '  printf "%s\\n" "${COMPREPLY[@]}" --',
      "done",
    ].join("\n"),
  );
  const child = spawn("bash", ["--norc", join(cwd, "complete.sh"), ...lines], {
    cwd,
    env: childEnv({ ...env, PATH: `${join(cwd, "bin")}${delimiter}${process.env.PATH}` }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  expect(output.stderr).toBe("");
  const replies = output.stdout.split("--\n").slice(0, -1);
  return replies.map((reply) => reply.split("\n").filter((word) => word !== ""));
}

test("bash completes commands, flags, and the names of topics and subscriptions", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env } = await broker();

  const replies = await offered(
    [
      "kbroker subs",
      "kbroker subscription la",
      "kbroker subscription lag --wa",
      "kbroker subscription lag ",
      "kbroker topic describe or",
      "kbroker subscription create new --topic pay",
      "kbroker topic list -o w",
      "kbroker message publish orders --file ",
    ],
    env,
  );

  expect(replies).toEqual([
    ["subscription"],
    ["lag"],
    ["--watch"],
    ["billing", "mailer"],
    ["orders", "orders.eu"],
    ["payments"],
    ["wide"],
    ["files"],
  ]);
});

test("without a broker it completes what it knows, and prints no error", { timeout: TEST_MS_MAX }, async () => {
  const replies = await offered(["kbroker topic describe ", "kbroker topic d"], {
    KBROKER_ADMIN_URL: "http://127.0.0.1:9",
  });

  expect(replies[0]).toEqual([]);
  expect(replies[1]).toContain("describe");
});

test("the names come from the broker that the line itself names", { timeout: TEST_MS_MAX }, async () => {
  const { url } = await broker();

  const { stdout, stderr, exit } = await kbroker(["complete", "--", "topic", "describe", "--admin-url", url, "pay"]);

  expect([stdout, stderr, exit]).toEqual(["payments\n", "", 0]);
});
