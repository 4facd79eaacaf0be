// oclif asks whether it runs in WSL at each start; wsl-utils answers with child_process and fs/promises loaded for its other answer.
export { default as isWsl } from "../../node_modules/is-wsl/index.js";

export async function powerShellPath() {
  return (await import("../../node_modules/wsl-utils/index.js")).powerShellPath();
}
