import { engineConformance } from "../../conformance/engine.ts";
import { prepareMemory } from "../../conformance/memory.ts";

engineConformance("memory", prepareMemory);
