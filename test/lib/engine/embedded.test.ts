import type { Prepare } from "../../conformance/check.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { openIn, temporaryFolder } from "./embedded/fixtures.ts";
import { heldFiles } from "./embedded/held-files.ts";

const prepareEmbedded: Prepare = async (clock) => {
  const { dir, remove } = await temporaryFolder();
  const { files, disk } = heldFiles();
  return { disk, open: async () => (await openIn(dir, { clock, files })).engine, dispose: remove };
};

engineConformance("embedded", prepareEmbedded);
