import { spawn } from "node:child_process";

/** Of each node that is there: its process, if it is still that one, and at the end the folder. */
const SCRIPT = `
cat >/dev/null
for node in "$0"/node-*; do
  pid=$(cat "$node/pid") || continue
  if [ -r "/proc/$pid/cmdline" ]; then args=$(tr '\\0' ' ' <"/proc/$pid/cmdline"); else args=$(ps -ww -o args= -p "$pid"); fi
  case "$args" in *"-Dkbroker.kafka.node=$node"*) kill -9 "$pid" ;; esac
done
sleep 1
rm -rf "$0"`;

/** Waits for the end of this process, however it comes, and then does what `close` could not. `end` calls it off. */
export function watchOver(dir: string): { end(): void } {
  const watchdog = spawn("/bin/sh", ["-c", SCRIPT, dir], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  watchdog.unref();
  return { end: () => watchdog.kill("SIGKILL") };
}
