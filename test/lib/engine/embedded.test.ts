import type { EmbeddedLimits } from "../../../src/lib/engine/embedded/limits.ts";
import type { Prepare } from "../../conformance/check.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { openIn, quickFolder } from "./embedded/fixtures.ts";
import { heldFiles } from "./embedded/held-files.ts";

const prepare =
  (limits: Partial<EmbeddedLimits>): Prepare =>
  async (clock) => {
    const { dir, remove } = await quickFolder();
    const { files, disk } = heldFiles();
    return { disk, open: async () => (await openIn(dir, { clock, files, ...limits })).engine, dispose: remove };
  };

engineConformance("embedded", prepare({}));

/** Everything from disk, a file for every few records, an index read for every read. */
const SMALLEST: Partial<EmbeddedLimits> = {
  segmentBytesMax: 500,
  batchBytesMax: 500,
  tailBytesMax: 0,
  readBytesMax: 200,
  positionsBytesMax: 0,
  openFilesMax: 1,
};

engineConformance("embedded, at its smallest limits,", prepare(SMALLEST));
