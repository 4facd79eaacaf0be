import { settle } from "./manual-clock.ts";

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** A promise that the test settles. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Whether `promise` is still open once everything that could run has run. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const end = () => {
    pending = false;
  };
  promise.then(end, end);
  await settle();
  return pending;
}
