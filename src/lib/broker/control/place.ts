import type { Part, Place } from "../requests/place.ts";
import type { Control } from "./control.ts";
import { CONTROL_RESOURCE } from "./duty.ts";

const HERE: Place = { kind: "here" };

/** What does not exist is said here. */
export function placeOf(control: Control, part: Part): Place {
  const { engine, view, delivery, duty } = control;
  if (part.kind === "control") return duty.isHeld() ? HERE : ownerOf(control, CONTROL_RESOURCE);
  if (part.kind === "schedule") {
    const topic = view.topic(part.topic)?.topic;
    return topic === undefined ? HERE : ownerOf(control, engine.schedules.resourceOf(topic.id, part.id));
  }
  const id = view.subscription(part.name)?.value.id;
  return id === undefined || delivery.status(id) !== undefined ? HERE : ownerOf(control, id);
}

function ownerOf({ engine }: Control, resource: string): Place {
  const node = engine.nodes.ownerOf(resource);
  if (node === undefined) return { kind: "nowhere" };
  return node.isSelf ? HERE : { kind: "node", node };
}
