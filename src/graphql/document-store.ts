/**
 * The parsed and validated documents of operations that callers repeat. A document is stored when it is sent the second
 * time: those of an attacker, each different, would otherwise fill the memory and evict the routers' documents.
 */
import type { ApolloServerOptions, BaseContext } from '@apollo/server';

type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;
type StoredDocument = NonNullable<Awaited<ReturnType<DocumentStore['get']>>>;

interface Limits {
  /** Hashes of documents that were sent once, the latest of them. */
  readonly sentOnce: number;
  /** Of the texts of all stored documents. A parsed document takes up to 250 bytes for each character. */
  readonly characters: number;
}

/** A document without its text counts as all that fits, so it is not stored. */
const lengthOf = (document: StoredDocument): number => document.loc?.source.body.length ?? Number.POSITIVE_INFINITY;

const oldestOf = <Key>(entries: { keys(): Iterator<Key> }): Key | undefined => entries.keys().next().value;

export interface RepeatedDocuments extends DocumentStore {
  /** Whether a document was stored here, and so was sent before. */
  isRepeated(document: StoredDocument): boolean;
}

export const createDocumentStore = ({ sentOnce, characters }: Limits): RepeatedDocuments => {
  const repeated = new WeakSet<StoredDocument>();
  const hashes = new Set<string>();
  /** The least recently read document comes first. */
  const documents = new Map<string, StoredDocument>();
  let stored = 0;

  const remove = (key: string): boolean => {
    const document = documents.get(key);
    if (!document) return false;
    stored -= lengthOf(document);
    return documents.delete(key);
  };

  const store = (key: string, document: StoredDocument): void => {
    const length = lengthOf(document);
    if (length > characters) return;
    remove(key);
    documents.set(key, document);
    repeated.add(document);
    stored += length;
    while (stored > characters) remove(oldestOf(documents) ?? key);
  };

  return {
    async get(key) {
      const document = documents.get(key);
      if (!document) return undefined;
      documents.delete(key);
      documents.set(key, document);
      return document;
    },
    async set(key, document) {
      if (hashes.delete(key)) return store(key, document);
      hashes.add(key);
      if (hashes.size > sentOnce) hashes.delete(oldestOf(hashes) ?? key);
    },
    isRepeated: (document) => repeated.has(document),
    async delete(key) {
      return remove(key);
    },
  };
};
