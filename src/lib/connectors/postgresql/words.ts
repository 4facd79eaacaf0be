import { isIP } from "node:net";
import type { DatabaseAddress, SecretReference, TableName } from "../../domain/connector.ts";

/** `db.internal:5432`. */
export function hostPort({ host, port }: Pick<DatabaseAddress, "host" | "port">): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `database "shop" at db.internal:5432 as user "kbroker"`. */
export function placeOf({ database, user, ...at }: Omit<DatabaseAddress, "password" | "tls">): string {
  return `database "${database}" at ${hostPort(at)} as user "${user}"`;
}

/** Where a secret is looked for, and what puts it there. */
export function secretWords({ kind, name }: SecretReference): { readonly words: string; readonly hint: string } {
  return kind === "env"
    ? {
        words: `variable ${name} of the broker's environment`,
        hint: `Start the broker with ${name} set, or name another place: kbroker connector update <name> --password-env NAME | --password-file FILE`,
      }
    : {
        words: `file ${name} in the broker's --secrets-dir`,
        hint: `Put the password into ${name} in the directory that "kbroker broker start --secrets-dir" names, readable for the broker; it is read anew at each try.`,
      };
}

/** A name as SQL takes it, whatever is in it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL takes it, for statements that know no parameters. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

export function tableSql({ schema, table }: TableName): string {
  return `${identifier(schema)}.${identifier(table)}`;
}

export function tableText({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}
