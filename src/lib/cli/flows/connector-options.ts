import { connectorTopic, type OnOversize, type SnapshotMode } from "../../domain/connector.ts";
import { nameProblem } from "../../domain/names.ts";
import { parseDatabaseUrl } from "../database-url.ts";
import type { Prompter } from "../prompter.ts";
import { parseTableName } from "../table-name.ts";

interface ProductOf {
  readonly url: string;
  readonly tables: readonly string[];
  /** Taken as the default where it can be a part of a topic's name. */
  readonly suggestion: string | undefined;
}

export function askProduct(ask: Prompter, { url, tables, suggestion = "" }: ProductOf): Promise<string> {
  const { database } = parseDatabaseUrl(url);
  const topicOf = (product: string) => {
    const [table = "orders"] = tables;
    return connectorTopic({ product, database }, parseTableName(table));
  };
  const problem = (product: string) =>
    product === "" ? "The name of the product is a part of the topics' names." : nameProblem("topic", topicOf(product));
  const initial = problem(suggestion) === undefined ? { initial: suggestion } : {};
  return ask.text({ message: `Product, for topics such as ${topicOf("<product>")}`, problem, ...initial });
}

/** The default stays out of the answer. */
export async function askSnapshot(ask: Prompter): Promise<SnapshotMode | undefined> {
  const choice = await ask.choose({
    message: "The rows that are there already",
    choices: [
      {
        value: "initial",
        label: "come first, each as one event (op r)",
        about: "Subscribers end up with the whole table.",
      },
      { value: "none", label: "are left out: only what changes from now on" },
    ],
  });
  return choice === "none" ? choice : undefined;
}

export async function askOnOversize(ask: Prompter): Promise<OnOversize | undefined> {
  const choice = await ask.choose({
    message: "A row whose event is over 64 KB",
    choices: [
      { value: "stop", label: "stops the connector, until somebody has decided", about: "Nothing is left out." },
      { value: "skip", label: "is left out, counted and logged" },
    ],
  });
  return choice === "skip" ? choice : undefined;
}
