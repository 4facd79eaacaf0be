/** Marks parts of a text for people. Every renderer takes one, so that its text can be compared without escape codes. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const same = (text: string) => text;
export const PLAIN: Paint = { bold: same, dim: same, red: same, green: same, yellow: same };

/** Colour only on a terminal that can show it, and never against `NO_COLOR` (non-empty), `TERM=dumb` or `--no-color`. */
export function colourAllowed(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !colourRefused(env);
}

export function colourRefused(env: NodeJS.ProcessEnv): boolean {
  return (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
}

/** chalk is loaded only when something is going to be coloured, with its level given: it does not look at `NO_COLOR` itself. */
export async function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Promise<Paint> {
  if (!colourAllowed(stream, env)) return PLAIN;
  const { Chalk } = await import("chalk");
  return new Chalk({ level: 1 });
}

/** Says the same to every library that is used: they read the environment, each in its own way. */
export function refuseColour(env: NodeJS.ProcessEnv): void {
  env.NO_COLOR = "1";
  delete env.FORCE_COLOR;
}
