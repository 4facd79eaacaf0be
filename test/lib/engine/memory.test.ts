import { engineConformance } from "../../conformance/engine.ts";
import { prepareForgetfulMemory, prepareMemory } from "../../conformance/memory.ts";

engineConformance("memory", prepareMemory);
engineConformance("memory that forgets ids and has its own time", prepareForgetfulMemory);
