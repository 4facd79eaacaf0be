import type { IncomingHttpHeaders } from "node:http";
import type { AnswerDetails } from "../domain/delivery.ts";

/** Enough for a sentence or a small JSON error; a hundred thousand parked messages may keep one each. */
const EXCERPT_BYTES_MAX = 500;
/** No value of these that means anything is longer. */
const HEADER_LENGTH_MAX = 100;

/** What is kept of an answer other than 2XX while it comes in. */
export interface Answer {
  data(chunk: Uint8Array): void;
  details(): AnswerDetails;
}

export function answer(headers: IncomingHttpHeaders): Answer {
  const retryAfter = only(headers["retry-after"]);
  const result = only(headers["x-kb-result"]);
  // What is compressed would have to be unpacked to be read.
  const isText = headers["content-encoding"] === undefined;
  const kept: Uint8Array[] = [];
  let [bytes, isCut] = [0, false];

  return {
    data(chunk) {
      if (!isText) return;
      const part = chunk.subarray(0, EXCERPT_BYTES_MAX - bytes);
      if (part.length < chunk.length) isCut = true;
      if (part.length === 0) return;
      // The chunk belongs to the socket, which writes over it.
      kept.push(Uint8Array.from(part));
      bytes += part.length;
    },
    details() {
      const excerpt = textOf(kept, isCut);
      return {
        ...(retryAfter === undefined ? {} : { retryAfter }),
        ...(result === undefined ? {} : { result }),
        ...(excerpt === "" ? {} : { excerpt }),
      };
    },
  };
}

/** A header that comes twice says two things, and so nothing. */
function only(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" && value.length <= HEADER_LENGTH_MAX ? value : undefined;
}

/** A character that the end cut through is left out. */
function textOf(parts: readonly Uint8Array[], isCut: boolean): string {
  const decoder = new TextDecoder();
  const text = parts.map((part) => decoder.decode(part, { stream: true })).join("");
  return isCut ? `${text}...` : text + decoder.decode();
}
