import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const OPENSSL_MS_MAX = 60_000;

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** For 127.0.0.1 and localhost; nobody but itself vouches for it. Two PEM files in that folder. */
export async function makeCertificate(dir: string): Promise<Certificate> {
  const [cert, key] = [join(dir, "server.crt"), join(dir, "server.key")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  await run("openssl", ["req", ...kind, ...names, "-keyout", key, "-out", cert], { timeout: OPENSSL_MS_MAX });
  await access(cert, constants.R_OK);
  return { cert, key };
}
