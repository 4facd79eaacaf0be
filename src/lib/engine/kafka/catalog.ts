import { KBrokerError } from "../../domain/error.ts";
import type { Catalog, CatalogDocument, DocumentKind } from "../port.ts";
import { type DocumentLogOptions, openDocumentLog } from "./fold/document-log.ts";
import type { FoldedDocument } from "./fold/documents.ts";
import type { OwnDocuments } from "./fold/own-documents.ts";

export type CatalogOptions = Omit<DocumentLogOptions, "name"> & {
  /** Begins the names of all topics of state. */
  readonly prefix: string;
};

/** The catalog of all nodes, and what the engine itself keeps in it. */
export interface KafkaCatalog {
  readonly catalog: Catalog;
  readonly own: OwnDocuments;
  /** As `StateTopic.outage`. */
  outage(): string | undefined;
  close(): Promise<void>;
}

/** How often a claim is tried anew where others take and delete it at the same time. */
const CLAIMS_MAX = 10;

/** Fails within seconds where Kafka is away. */
export async function openCatalog({ prefix, ...options }: CatalogOptions): Promise<KafkaCatalog> {
  const log = await openDocumentLog({ ...options, name: `${prefix}_catalog` });

  function conflict(kind: DocumentKind, name: string, expected: number): KBrokerError {
    const version = log.get(kind, name)?.version ?? 0;
    const now =
      version === expected
        ? "was changed by somebody else at the same time"
        : `has version ${version}, not ${expected}`;
    return new KBrokerError("version_conflict", `The ${kind} "${name}" ${now}.`, {
      hint: "Read it again, then repeat the change.",
    });
  }

  const catalog: Catalog = {
    get: async (kind, name) => documentOf(kind, log.get(kind, name)),
    list: async (kind) => log.list(kind).flatMap((each) => documentOf(kind, each) ?? []),
    async put(kind, name, value, expected) {
      const copy: unknown = structuredClone(value ?? null);
      if (!(await log.change(kind, name, { value: copy, expected }))) throw conflict(kind, name, expected);
      return { kind, name, version: expected + 1, value: copy };
    },
    async delete(kind, name, expected) {
      if (!(await log.change(kind, name, { value: undefined, expected }))) throw conflict(kind, name, expected);
    },
    watch: (tell) =>
      log.watch((kind, name, document) => {
        if (isDocumentKind(kind)) tell({ kind, name, document: documentOf(kind, document) });
      }),
    caughtUp: () => log.caughtUp(),
  };

  const own: OwnDocuments = {
    get: (kind, name) => log.get(kind, name)?.value,
    list: (kind) => log.list(kind).map(({ name, value }) => [name, value] as const),
    async claim(kind, name, value) {
      for (let attempt = 0; attempt < CLAIMS_MAX; attempt++) {
        const found = log.get(kind, name);
        if (found !== undefined) return found.value;
        await log.change(kind, name, { value: structuredClone(value), expected: 0 });
      }
      throw tooBusy(kind, name);
    },
    async delete(kind, name) {
      for (let attempt = 0; attempt < CLAIMS_MAX; attempt++) {
        if (log.get(kind, name) === undefined) await log.caughtUp();
        const found = log.get(kind, name);
        if (found === undefined) return;
        await log.change(kind, name, { value: undefined, expected: found.version });
      }
      throw tooBusy(kind, name);
    },
    caughtUp: () => log.caughtUp(),
  };

  return { catalog, own, outage: () => log.outage(), close: () => log.close() };
}

function tooBusy(kind: string, name: string): KBrokerError {
  return new KBrokerError("version_conflict", `The ${kind} "${name}" is changed by others all the time.`, {
    hint: "Try again.",
  });
}

function documentOf(kind: DocumentKind, document: FoldedDocument | undefined): CatalogDocument | undefined {
  return document && { kind, name: document.name, version: document.version, value: structuredClone(document.value) };
}

const DOCUMENT_KINDS: Readonly<Record<DocumentKind, true>> = {
  topic: true,
  subscription: true,
  schema: true,
  "schema-version": true,
  connector: true,
  job: true,
};

function isDocumentKind(kind: string): kind is DocumentKind {
  return Object.hasOwn(DOCUMENT_KINDS, kind);
}
