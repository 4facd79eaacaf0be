import type { EndpointCheckReply } from "../../api/subscription.ts";
import { formatDuration } from "../../domain/duration.ts";
import { asKBrokerError } from "../error-report.ts";
import { plain } from "../plain.ts";
import type { Prompter } from "../prompter.ts";
import { httpUrl } from "./answers.ts";

/** Asks until there is an address that the person wants, tried from the broker if wished. */
export async function askEndpoint(
  ask: Prompter,
  check: (endpoint: string) => Promise<EndpointCheckReply>,
): Promise<string> {
  const message = "Endpoint that events are POSTed to";
  for (let initial = ""; ; ) {
    const endpoint = await ask.text({ message, problem: httpUrl, ...(initial === "" ? {} : { initial }) });
    if (!(await ask.confirm({ message: "Try whether the broker reaches it?", initial: true }))) return endpoint;
    const found = await tried(endpoint, check);
    ask.tell(`  ${found.text}`);
    if (found.reachable) return endpoint;
    if (!found.forbidden && (await ask.confirm({ message: "Use it all the same?", initial: false }))) return endpoint;
    initial = endpoint;
  }
}

interface Tried {
  readonly reachable: boolean;
  /** The broker will never push there, so there is no using it all the same. */
  readonly forbidden: boolean;
  readonly text: string;
}

async function tried(endpoint: string, check: (endpoint: string) => Promise<EndpointCheckReply>): Promise<Tried> {
  try {
    const { reachable, message, tookMs } = await check(endpoint);
    const what = reachable ? "Reached" : "Not reached";
    return { reachable, forbidden: false, text: `${what} in ${formatDuration(tookMs)}: ${plain(message)}` };
  } catch (error) {
    const { code, message } = asKBrokerError(error);
    return { reachable: false, forbidden: code === "endpoint_forbidden", text: plain(message) };
  }
}
