// The broker of the demo: the real `kbroker broker start` on a free port, waited for and stopped like a person would.
import { createServer } from "node:net";

const READY_MS_MAX = 15_000;

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves once `/_/ready` answers 200. `stop` sends SIGINT and gives the exit code; `kill` is kill -9. */
export async function startBroker({ start, dataDir, port, more = [] }) {
  const child = start(["broker", "start", "--data-dir", dataDir, "--port", String(port), ...more]);
  let log = "";
  child.stderr.on("data", (chunk) => (log += chunk));
  const exited = new Promise((resolve) => child.once("close", resolve));
  const end = (signal) => {
    child.kill(signal);
    return exited;
  };
  const stop = () => end("SIGINT");
  const kill = () => end("SIGKILL");
  const deadline = Date.now() + READY_MS_MAX;
  while (!(await answersReady(port))) {
    if (child.exitCode !== null) throw new Error(`The broker stopped with ${child.exitCode}:\n${log}`);
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`The broker was not ready after ${READY_MS_MAX / 1000} s:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { stop, kill };
}

function answersReady(port) {
  return fetch(`http://127.0.0.1:${port}/_/ready`).then(
    (response) => response.ok,
    () => false,
  );
}
