import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type JarSums, readSums, verifyJars } from "./jars.ts";

const run = promisify(execFile);
const POM_FILE = fileURLToPath(new URL("pom.xml", import.meta.url));
const SUMS_FILE = fileURLToPath(new URL("jars.sha256", import.meta.url));
const JAVA_VERSION_MIN = 17;
const JAVA_MS_MAX = 30_000;
const MAVEN_MS_MAX = 300_000;

export const KAFKA_VERSION = "4.3.1";
const INSTALL_HINT = "Install Java and Maven: sudo apt-get install openjdk-17-jre-headless maven.";

/** There is no Kafka to be had on this machine; the message says what to install. */
export class NoKafka extends Error {}

/** What runs Kafka: verified jars and a Java for them. */
export interface Program {
  readonly java: string;
  readonly classPath: string;
  /** Where classes that were loaded once are kept for faster starts; another one for another Java. */
  readonly archiveFile: string;
}

export interface ProgramOptions {
  /** Where jars are kept between runs. */
  readonly cacheDir?: string;
  /** Told of what takes a while. */
  readonly report?: (text: string) => void;
}

/** `$XDG_CACHE_HOME/kbroker`, outside of the repository. */
function defaultCacheDir(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "kbroker");
}

/**
 * Fetches the jars through Maven where they are not there yet, and verifies each of them, each time. NoKafka: Java or Maven is missing, or
 * Maven did not get them. Any other error: a jar is not the one that is listed.
 */
export async function kafkaProgram({ cacheDir = defaultCacheDir(), report }: ProgramOptions = {}): Promise<Program> {
  const java = javaFile();
  const javaVersion = await checkedVersion(java);
  const sums = await readSums(SUMS_FILE);
  const dir = join(cacheDir, `kafka-${KAFKA_VERSION}-${shortHash(JSON.stringify([...sums]))}`);
  const libsDir = join(dir, "libs");
  if (!existsSync(libsDir)) {
    report?.(`Kafka ${KAFKA_VERSION} is fetched through Maven (44 MB) into ${dir}: once.`);
    await provision({ cacheDir, dir, sums });
  }
  await verifyJars(libsDir, sums);
  return {
    java,
    classPath: [...sums.keys()].map((name) => join(libsDir, name)).join(":"),
    archiveFile: join(dir, `classes-${shortHash(java + javaVersion)}.jsa`),
  };
}

function javaFile(): string {
  const home = process.env.JAVA_HOME;
  return home === undefined || home === "" ? "java" : join(home, "bin", "java");
}

/** What `java -version` tells. */
async function checkedVersion(java: string): Promise<string> {
  const { stderr } = await run(java, ["-version"], { timeout: JAVA_MS_MAX }).catch((cause: unknown) => {
    throw new NoKafka(`There is no Java here (${java}). ${INSTALL_HINT}`, { cause });
  });
  const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  if (major < JAVA_VERSION_MIN)
    throw new NoKafka(`Kafka ${KAFKA_VERSION} needs Java ${JAVA_VERSION_MIN}; here is ${major}. ${INSTALL_HINT}`);
  return stderr;
}

interface Provision {
  readonly cacheDir: string;
  readonly dir: string;
  readonly sums: JarSums;
}

/** Beside its place first, then moved there at once: of two at the same time one wins, and nobody sees half of it. */
async function provision({ cacheDir, dir, sums }: Provision): Promise<void> {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(cacheDir, "kafka-draft-"));
  try {
    const libsDir = join(draft, "libs");
    await copyJars(libsDir);
    await verifyJars(libsDir, sums);
    await rename(draft, dir).catch((error: unknown) => {
      if (!existsSync(join(dir, "libs"))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function copyJars(libsDir: string): Promise<void> {
  const options = ["--batch-mode", "--strict-checksums", "--no-transfer-progress", "--file", POM_FILE];
  const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${libsDir}`, "-DincludeScope=runtime"];
  try {
    await run("mvn", [...options, ...goal], { timeout: MAVEN_MS_MAX, maxBuffer: 1 << 24 });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT")
      throw new NoKafka(`There is no Maven here, which fetches Kafka's jars. ${INSTALL_HINT}`, { cause });
    const said = cause instanceof Error && "stdout" in cause ? `\n${String(cause.stdout).slice(-2_000)}` : "";
    throw new NoKafka(`Maven did not get Kafka's jars; it needs a Maven repository, once.${said}`, { cause });
  }
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
