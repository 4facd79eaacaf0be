import { readFileSync } from "node:fs";

export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** A page of docs/, for tests that hold it to what it says. */
export function docsPage(name: string) {
  const page = readFileSync(`docs/${name}`, "utf8");
  return {
    page,
    /** Blocks under a heading of the second level, in order. */
    fences(heading: string): readonly Fence[] {
      const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
      const found = section.matchAll(/^```(\w*)\n(.*?)^```$/gms);
      return Array.from(found, ([, language = "", text = ""]) => ({ language, text }));
    },
    /** Of each row of the tables under a heading, the code spans by column. */
    rows(heading: string): readonly (readonly (readonly string[])[])[] {
      const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
      const lines = section.split("\n").filter((line) => line.startsWith("| `"));
      return lines.map((line) => line.slice(2, -2).split(" | ").map(codeSpans));
    },
  };
}

function codeSpans(cell: string): readonly string[] {
  return Array.from(cell.matchAll(/`([^`]*)`/g), ([, code = ""]) => code);
}
