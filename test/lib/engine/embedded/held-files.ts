import { diskFiles, type Files, type OpenFile } from "../../../../src/lib/engine/embedded/journal/files.ts";
import type { Disk } from "../../../conformance/check.ts";
import { deferred } from "../../../support/promises.ts";

/** Real files whose writes wait while the disk is held, and then go through or find it full. */
export function heldFiles(): { files: Files; disk: Disk } {
  let gate = Promise.resolve();
  const held = (file: OpenFile): OpenFile => ({
    ...file,
    async write(bytes, position) {
      await gate;
      await file.write(bytes, position);
    },
  });
  const hold = () => {
    const waiting = deferred();
    gate = waiting.promise;
    const end = (finish: () => void) => () => {
      gate = Promise.resolve();
      finish();
    };
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    return { letGo: end(() => waiting.resolve()), fail: end(() => waiting.reject(full)) };
  };
  const files: Files = {
    ...diskFiles,
    create: async (path) => held(await diskFiles.create(path)),
    open: async (path) => held(await diskFiles.open(path)),
  };
  return { files, disk: { hold } };
}
