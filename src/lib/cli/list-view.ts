import type { Paint } from "./colour.ts";
import type { Output } from "./global-flags.ts";
import type { Column } from "./table.ts";

/** How a list is shown to people. */
export interface ListView<T> {
  readonly columns: readonly Column<T>[];
  /** Instead of a table without rows: what to do next. */
  readonly empty: string;
}

/** The list as `output` has it; `undefined` when it is empty and there is nothing to print. */
export async function listText<T>(
  list: { readonly items: readonly T[] },
  view: ListView<T>,
  { output, paint }: { readonly output: Output | undefined; readonly paint: Paint },
): Promise<string | undefined> {
  if (output === "yaml") return (await import("./yaml-text.ts")).yamlText(list);
  if (list.items.length === 0) return undefined;
  const columns = view.columns.filter(({ wide }) => wide !== true || output === "wide");
  return (await import("./table.ts")).tableText(list.items, columns, paint);
}
