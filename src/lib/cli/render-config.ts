import type { ValidateReport } from "../config/report.ts";
import type { ShownSetting } from "../config/show.ts";
import type { Paint } from "./colour.ts";
import { plural } from "./fields.ts";
import type { ListView } from "./list-view.ts";
import { plain } from "./plain.ts";

/** Problems as a compiler prints them, so that an editor can jump to each, and one line that sums up. */
export function renderValidation({ valid, files, problems }: ValidateReport, paint: Paint): string {
  const lines = problems.flatMap(({ file, line, column, path, severity, message, fix }) => {
    const place = paint.bold(plain(`${file}:${line}:${column}`));
    const level = severity === "error" ? paint.red("error") : paint.yellow("warning");
    return [`${place}  ${level}  ${plain(path === "" ? message : `${path}: ${message}`)}`, `    ${plain(fix)}`];
  });
  const count = (wanted: string) => problems.filter(({ severity }) => severity === wanted).length;
  const counts = [plural(count("error"), "error"), plural(count("warning"), "warning")].join(", ");
  return [...lines, `${valid ? "Valid" : "Not valid"}: ${plural(files.length, "file")}, ${counts}.`, ""].join("\n");
}

export function settingView(withOrigin: boolean): ListView<ShownSetting> {
  const origin = { head: "ORIGIN", text: ({ origin: where }: ShownSetting) => where ?? "" };
  return {
    columns: [
      { head: "SETTING", text: ({ name }) => name },
      { head: "VALUE", text: ({ value, problem }) => (problem === null ? String(value ?? "not set") : "?") },
      withOrigin ? origin : { ...origin, wide: true },
    ],
    empty: "There is no setting.",
  };
}
