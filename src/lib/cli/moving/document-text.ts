import { stringify } from "yaml";
import type { SetupDocument } from "./document.ts";

const HEAD = `# Topics, schemas and subscriptions of a kbroker. Into another one: kbroker broker import <this file>
# Not in it: messages, positions, dead letters, scheduled messages, earlier versions of schemas, connectors.
`;

/** For people and for git: a schema stands there line by line, nothing is folded. */
export function documentText(document: SetupDocument): string {
  return HEAD + stringify(document, { lineWidth: 0, blockQuote: "literal", aliasDuplicateObjects: false });
}
