import { BaseCommand } from "./base-command.ts";

/** A command that changes something. */
export abstract class ChangingCommand extends BaseCommand {}
