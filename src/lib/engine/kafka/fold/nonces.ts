import { randomBytes } from "node:crypto";

/** Names that nobody else gives. */
export interface Nonces {
  next(): string;
  /** One of those. */
  isOwn(nonce: string): boolean;
}

export function createNonces(): Nonces {
  const own = `${randomBytes(9).toString("base64url")}.`;
  let count = 0;
  return {
    next() {
      count += 1;
      return `${own}${count.toString(36)}`;
    },
    isOwn: (nonce) => nonce.startsWith(own),
  };
}
