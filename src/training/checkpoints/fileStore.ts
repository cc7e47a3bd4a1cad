/**
 * The files of one run, wherever they live: OPFS in the tab, a folder in Node, a map in memory. Names are relative and may
 * hold slashes.
 */
export interface FileStore {
  /**
   * Writes a whole file atomically: a crash leaves the old content or the new, never a part. Returns its bytes.
   * Throws `quota-exceeded` where there is no room; what stood under the name stays.
   */
  write(name: string, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** The file with its bytes still in the store; null where there is none. */
  read(name: string): Promise<Blob | null>;
  /** Names of the files at the top, sorted. */
  list(): Promise<string[]>;
  /** Deletes for good; nothing happens where the file is missing. */
  remove(name: string): Promise<void>;
  /** Gives back room that nobody needs (a bin), when a write found none; absent where there is nothing to give. */
  makeRoom?(): Promise<void>;
}

/** A store that lives as long as its process: where a context has no file system, and in tests. */
export function memoryFileStore(files = new Map<string, Blob>()): FileStore {
  return {
    async write(name, content) {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      // Copied: writers may reuse their buffers once a chunk is taken.
      for await (const chunk of content) chunks.push(new Uint8Array(chunk));
      const blob = new Blob(chunks);
      files.set(name, blob);
      return blob.size;
    },
    read: async (name) => files.get(name) ?? null,
    list: async () => [...files.keys()].filter((name) => !name.includes('/')).sort(),
    remove: async (name) => void files.delete(name),
  };
}

/** One chunk as the content of a file. */
export async function* once(bytes: Uint8Array | string): AsyncGenerator<Uint8Array> {
  yield typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
}
