import { KBrokerError } from "../../domain/error.ts";
import { type MoveJob, UNDO_MS_MAX } from "../../domain/job.ts";
import type { UndoRequest } from "../requests/jobs.ts";
import type { Control } from "./control.ts";
import type { JobOrder } from "./jobs.ts";
import { type Ground, newMove } from "./move-ground.ts";

/** The undo of the last move. Fails with `nothing_to_undo`. */
export function planUndo(
  control: Control,
  ground: Ground,
  { order, request }: { readonly order: JobOrder; readonly request: UndoRequest },
): MoveJob {
  const { last, saved, kind } = undoable(control, ground, request);
  return newMove(control, order, {
    kind: "undo",
    fromMs: last.toMs,
    toMs: last.fromMs,
    targets: last.targets,
    undone: { job: last.id, kind, generation: last.generation, saved },
    inherited: last.inherited,
  });
}

function undoable({ clock }: Control, { subscription, last }: Ground, { of }: UndoRequest) {
  const { name } = subscription;
  const again = `kbroker subscription rewind ${name} <hours>`;
  const { lastMove } = subscription;
  if (lastMove === undefined) throw nothing(`"${name}" was never rewound or skipped.`, again);
  const at = new Date(lastMove.atMs).toISOString();
  if (lastMove.kind === "undo")
    throw nothing(`The last rewind or skip was undone at ${at}; an undo is not undone.`, again);
  if (lastMove.kind !== of) {
    const hint = `kbroker subscription ${lastMove.kind} ${name} --undo`;
    throw nothing(`The last move of "${name}" was a ${lastMove.kind}, not a ${of}.`, hint);
  }
  if (clock.now() - lastMove.atMs > UNDO_MS_MAX)
    throw nothing(`The ${of} was at ${at}; it could be undone for 24 hours.`, again);
  const { kind, saved } = last ?? { kind: "undo", saved: null };
  if (last === undefined || kind === "undo" || saved === null)
    throw nothing(`What the ${of} moved is not known.`, again);
  return { last, kind, saved };
}

function nothing(what: string, hint: string): KBrokerError {
  return new KBrokerError("nothing_to_undo", what, { hint });
}
