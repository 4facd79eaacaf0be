import { KBrokerError } from "../../domain/error.ts";
import { PLAIN } from "../colour.ts";
import { editText } from "../edit-text.ts";
import { errorText } from "../error-report.ts";
import type { Prompter } from "../prompter.ts";

interface DraftDeps<T> {
  readonly ask: Prompter;
  readonly env: NodeJS.ProcessEnv;
  /** Fails with `schema_invalid` while the text is no schema that is taken. */
  readonly create: (text: string, where: string) => Promise<T>;
}

/** Opens the draft in the person's editor until it is taken, or until they stop; then nothing was changed. */
export async function editedSchema<T>(draft: string, { ask, env, create }: DraftDeps<T>): Promise<T> {
  for (let text = draft; ; ) {
    const edited = await editText(text, { env, name: "schema.json" });
    if (edited === draft && !(await ask.confirm({ message: "The draft is as it was made. Use it?", initial: true }))) {
      throw new KBrokerError("not_confirmed", "Not confirmed: nothing was changed.");
    }
    try {
      return await create(edited, "schema.json");
    } catch (error) {
      if (!(error instanceof KBrokerError) || error.code !== "schema_invalid") throw error;
      ask.tell(errorText(error, PLAIN));
      if (!(await ask.confirm({ message: "Edit it again?", initial: true }))) throw error;
      text = edited;
    }
  }
}
