import { Command, Errors } from "@oclif/core";
import type { AdminClient } from "../client/admin.ts";
import { CODES, type KBrokerError } from "../domain/error.ts";
import { colourRefused, type Paint, paintFor, refuseColour } from "./colour.ts";
import { asKBrokerError, errorJson, errorText } from "./error-report.ts";
import { type GlobalFlags, globalFlags } from "./global-flags.ts";
import { usageError } from "./usage-error.ts";

/**
 * What all commands share. stdout holds the answer and nothing else; with `--json` it is one document, a failure too.
 * The exit code is the one that `CODES` has for the error.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = globalFlags;

  #client: AdminClient | undefined;

  protected override async init(): Promise<void> {
    if (this.argv.includes("--no-color") || colourRefused(process.env)) refuseColour(process.env);
    await super.init();
  }

  /** The broker that flags, variables and files name. Loaded late: it brings undici and zod along. */
  protected async admin(flags: Partial<GlobalFlags>): Promise<AdminClient> {
    const { adminClient } = await import("../client/admin.ts");
    const adminUrl = flags["admin-url"] ?? process.env.KBROKER_ADMIN_URL ?? "http://127.0.0.1:7070";
    const inboxUrl = process.env.KBROKER_INBOX_URL ?? adminUrl;
    this.#client ??= adminClient({ adminUrl, inboxUrl, token: process.env.KBROKER_TOKEN });
    return this.#client;
  }

  /** A part of the answer, on stdout; with `--json` the returned value is the answer instead. */
  protected print(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** For the person at the terminal, on stderr: what to do next, what was noticed. Not with `--json`. */
  protected note(text: string): void {
    if (!this.jsonEnabled()) process.stderr.write(`${text}\n`);
  }

  protected paint(): Promise<Paint> {
    return paintFor(process.stdout, process.env);
  }

  override jsonEnabled(): boolean {
    const line = this.argv.join(" ").split(" -- ")[0] ?? "";
    return super.jsonEnabled() || / (-o ?=?|--output[ =])json( |$)/.test(` ${line}`);
  }

  /** Prints a failure itself: oclif flattens exit codes under `--json` and wraps commands that people want to copy. */
  protected override async catch(thrown: Error): Promise<void> {
    if (thrown instanceof Errors.ExitError) throw thrown;
    const error = thrown instanceof Errors.CLIError ? this.#usageError(thrown) : asKBrokerError(thrown);
    process.exitCode = CODES[error.code].exit;
    if ((process.env.DEBUG ?? "") !== "") process.stderr.write(`${thrown.stack ?? thrown.message}\n`);
    if (this.jsonEnabled()) this.logJson(errorJson(error));
    else if (error.code !== "cancelled") {
      process.stderr.write(errorText(error, await paintFor(process.stderr, process.env)));
    }
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await this.#client?.close();
    await super.finally(error);
  }

  #usageError(error: Error): KBrokerError {
    const name = `${this.config.bin} ${this.id?.replaceAll(":", " ") ?? ""}`.trim();
    return usageError(error, { name, flags: Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags }) });
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }
}
