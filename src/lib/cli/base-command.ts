import { Command, Errors } from "@oclif/core";
import type { AdminClient } from "../client/admin.ts";
import { loadSettings } from "../config/load-settings.ts";
import type { Settings } from "../config/settings.ts";
import type { SettingsFlags } from "../config/settings-file.ts";
import type { Clock } from "../domain/clock.ts";
import { CODES, type KBrokerError } from "../domain/error.ts";
import { systemClock } from "../system-clock.ts";
import { colourRefused, type Paint, paintFor, refuseColour } from "./colour.ts";
import { asKBrokerError, errorJson, errorText } from "./error-report.ts";
import { type Named, namesOf, pickName } from "./flows/pick.ts";
import { type GlobalFlags, globalFlags, type Output } from "./global-flags.ts";
import { type ListView, listText } from "./list-view.ts";
import { canRedraw, openProgress, type Progress } from "./progress.ts";
import { canAsk, type Prompter } from "./prompter.ts";
import { shellLine, shellQuote } from "./shell.ts";
import { usageError } from "./usage-error.ts";

/**
 * What all commands share. stdout holds the answer and nothing else; with `--json` it is one document, a failure too.
 * The exit code is the one that `CODES` has for the error.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = globalFlags;

  /** Commands that wait use it. */
  protected readonly clock: Clock = systemClock;

  #client: AdminClient | undefined;
  #settings: Settings | undefined;
  #progress: Progress | undefined;

  protected override async init(): Promise<void> {
    if (this.argv.includes("--no-color") || colourRefused(process.env)) refuseColour(process.env);
    await super.init();
  }

  /** The broker that flags, variables and files name. Loaded late: it brings undici and zod along. */
  protected async admin(flags: SettingsFlags): Promise<AdminClient> {
    const { adminUrl, inboxUrl, token } = this.settings(flags);
    const { adminClient } = await import("../client/admin.ts");
    this.#client ??= adminClient({
      adminUrl: async () => (await adminUrl()).value,
      inboxUrl: async () => (await inboxUrl()).value,
      token: token()?.value,
    });
    return this.#client;
  }

  /** Where this process goes, and why. Files are read once. */
  protected settings(flags: SettingsFlags): Settings {
    this.#settings ??= loadSettings({ flags, env: process.env, cwd: process.cwd() });
    return this.#settings;
  }

  /** Somebody to ask; `undefined` where nobody is, or where asking was ruled out. */
  protected async prompter(flags: Partial<GlobalFlags>): Promise<Prompter | undefined> {
    const { stdin, stderr, env } = process;
    if (!canAsk({ stdin, stderr, env, noInput: flags["no-input"] === true })) return undefined;
    return (await import("./terminal-prompter.ts")).terminalPrompter(stderr);
  }

  /** The name on the command line, else one picked from those that exist. */
  protected async pickName(what: Named, given: string | undefined, flags: Partial<GlobalFlags>): Promise<string> {
    if (given !== undefined && given !== "") return given;
    const usage = `${this.#line()} <${what}>`;
    const names = async () => namesOf(what, await this.admin(flags));
    const { wish, asked } = await pickName(given, { ask: await this.prompter(flags), names, what, usage });
    if (asked) this.picked([...this.#line().split(" "), wish], flags);
    return wish;
  }

  /** A name was picked; `words` is the command line that names it. */
  protected picked(words: readonly string[], flags: Partial<GlobalFlags>): void {
    this.same(words, flags);
  }

  /** A part of the answer, on stdout; with `--json` the returned value is the answer instead. */
  protected print(answer: string | Uint8Array): void {
    if (this.jsonEnabled()) return;
    if (process.stdout.isTTY) this.#progress?.hide();
    process.stdout.write(answer);
    if (!endsLine(answer)) process.stdout.write("\n");
  }

  protected async printList<T>(
    list: { readonly items: readonly T[] },
    view: ListView<T>,
    output?: Output,
  ): Promise<void> {
    if (this.jsonEnabled()) return;
    const text = await listText(list, view, { output, paint: await this.paint() });
    if (text === undefined) this.note(view.empty);
    else this.print(text);
  }

  /** For the person at the terminal, on stderr: what to do next, what was noticed. Not with `--json`. */
  protected note(text: string): void {
    if (this.jsonEnabled()) return;
    this.#progress?.hide();
    process.stderr.write(endsLine(text) ? text : `${text}\n`);
  }

  /** One of many answers: with `--json` one document a line, else its text. */
  protected printOne(document: unknown, text: string | Uint8Array): void {
    if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(document)}\n`);
    else this.print(text);
  }

  /**
   * For what may take more than a second: from then on a line on stderr says how far it is, `text` until `tell` says otherwise.
   * Only at a terminal, not with `--json`, and gone once `work` has ended, however it ends.
   */
  protected async withProgress<T>(text: string, work: (tell: (text: string) => void) => Promise<T>): Promise<T> {
    if (this.jsonEnabled() || !canRedraw(process.stderr, process.env)) return work(() => undefined);
    const progress = openProgress(text, { stream: process.stderr, clock: this.clock });
    this.#progress = progress;
    try {
      return await work(progress.tell);
    } finally {
      progress.end();
      this.#progress = undefined;
    }
  }

  /** The command that is useful now; words such as `<url>` are for the reader to fill in. */
  protected next(words: readonly string[] | undefined): void {
    if (words !== undefined)
      this.note(`Next: kbroker ${words.map((word) => (/^<.*>$/.test(word) ? word : shellQuote(word))).join(" ")}`);
  }

  /** After questions: the command line that does the same without. */
  protected same(words: readonly string[], flags: Partial<GlobalFlags>): void {
    process.stderr.write(`Without questions: ${shellLine([...words, ...this.where(flags)])}\n`);
  }

  /** The flags that made this command go where it goes: they belong into a line that does the same. */
  protected where({ "admin-url": url, env }: Partial<GlobalFlags>): string[] {
    return [...(url === undefined ? [] : ["--admin-url", url]), ...(env === undefined ? [] : ["--env", env])];
  }

  /** A check that does not hold: exit code 5, said on stderr. The answer stays where it is, on stdout. */
  protected failCheck(failures: readonly string[]): void {
    if (failures.length === 0) return;
    process.exitCode = CODES.check_failed.exit;
    process.stderr.write(`Check failed: ${failures.join("; ")}.\n`);
  }

  /** For what goes to `stream`: one may be a terminal where the other is a file. */
  protected paint(stream: NodeJS.WriteStream = process.stdout): Promise<Paint> {
    return paintFor(stream, process.env);
  }

  override jsonEnabled(): boolean {
    const line = this.argv.join(" ").split(" -- ")[0] ?? "";
    return super.jsonEnabled() || / (-o ?=?|--output[ =])json( |$)/.test(` ${line}`);
  }

  /** Prints a failure itself: oclif flattens exit codes under `--json` and wraps commands that people want to copy. */
  protected override async catch(thrown: Error): Promise<void> {
    if (thrown instanceof Errors.ExitError) throw thrown;
    const error = thrown instanceof Errors.CLIError ? this.#usageError(thrown) : asKBrokerError(thrown);
    if ((process.env.DEBUG ?? "") !== "") process.stderr.write(`${thrown.stack ?? thrown.message}\n`);
    if (this.jsonEnabled()) this.logJson(errorJson(error));
    await this.reportFailure(error);
  }

  /** The exit code of `error`, and its text where no JSON document says it. */
  protected async reportFailure(error: KBrokerError): Promise<void> {
    process.exitCode = CODES[error.code].exit;
    if (this.jsonEnabled() || error.code === "cancelled") return;
    process.stderr.write(errorText(error, await this.paint(process.stderr)));
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await this.#client?.close();
    await super.finally(error);
  }

  /** As it is typed: `kbroker topic create`. */
  #line(): string {
    return `kbroker ${this.id?.replaceAll(":", " ") ?? ""}`.trim();
  }

  #usageError(error: Error): KBrokerError {
    const flags = Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags });
    return usageError(error, { name: this.#line(), flags });
  }

  /** Whether the answer is a stream: then each document is one line, that of an error too. */
  protected isStream(): boolean {
    return false;
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, this.isStream() ? 0 : 2)}\n`);
  }
}

function endsLine(answer: string | Uint8Array): boolean {
  return typeof answer === "string" ? answer.endsWith("\n") : answer.at(-1) === 0x0a;
}
