/** Longer names are cut by the database, and would collide. */
const IDENTIFIER_LENGTH_MAX = 63;
const PREFIX = "kbroker_";
const ID_LENGTH = 8;

/**
 * Names slot and publication of a connector: readable in the database's own tables, and never the name of an earlier connector that was
 * called the same. Slots have only small letters, digits and "_".
 */
export function slotName({ name, id }: { readonly name: string; readonly id: string }): string {
  // An id begins with the time: its end is what tells two of the same minute apart.
  const tail = `_${safe(id).slice(-ID_LENGTH)}`;
  return `${PREFIX}${safe(name).slice(0, IDENTIFIER_LENGTH_MAX - PREFIX.length - tail.length)}${tail}`;
}

function safe(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
}
