import type { OpenSource, SourceStream } from "../port.ts";
import { type ConnectDeps, connect } from "./connect.ts";
import { prepare } from "./prepare.ts";
import { createStream } from "./stream.ts";

/** Fails with `SourceError`, and with the signal's reason; then nothing stays open. */
export async function openStream(request: OpenSource, deps: ConnectDeps): Promise<SourceStream> {
  const { database, slot } = request.settings;
  const connection = await connect(database, deps, { signal: request.signal, slot });
  try {
    const prepared = await prepare(connection, request, deps);
    const stream = createStream({ request, prepared, connection }, deps);
    if (prepared.start.snapshot === null) await stream.start();
    return stream;
  } catch (error) {
    await connection.close();
    throw error;
  }
}
