import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const inDocs = readdirSync("docs", { recursive: true, encoding: "utf8" }).map((page) => join("docs", page));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inDocs.filter((page) => page.endsWith(".md"))];

/** As GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  const headings = Array.from(readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isDead(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
}

test.each(pages)("each link of %s leads to a page, and to a heading where it names one", (page) => {
  const links = Array.from(readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link);

  const dead = links.filter((link) => !/^https?:/.test(link) && isDead(page, link));

  expect(dead).toEqual([]);
});

test("each page of docs/ is reached from the README or from getting started", () => {
  const start = ["README.md", "docs/getting-started.md"].map((page) => readFileSync(page, "utf8")).join("");
  const names = readdirSync("docs").filter((page) => page.endsWith(".md"));

  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !start.includes(`${name})`))).toEqual([]);
});
