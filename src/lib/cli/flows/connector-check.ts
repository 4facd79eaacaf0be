import type { ConnectorCheckReply } from "../../api/connector.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Prompter } from "../prompter.ts";
import { checkFailures, renderChecks } from "../render-checks.ts";

/** Shows what was found and lets the person mend it, until nothing keeps the connector from being created. */
export async function checkedByAsking(
  ask: Prompter,
  check: () => Promise<ConnectorCheckReply>,
): Promise<ConnectorCheckReply> {
  for (;;) {
    const found = await check();
    ask.tell(`\n${renderChecks(found)}`.trimEnd());
    if (found.ok) return found;
    const failures = checkFailures(found);
    const message = `${failures.length === 1 ? "One thing keeps" : `${failures.length} things keep`} it from working. Check again once it is mended?`;
    if (!(await ask.confirm({ message, initial: true }))) {
      throw new KBrokerError("connector_checks_failed", "Nothing was created.", {
        problems: failures.map((text) => ({ message: text })),
      });
    }
  }
}
