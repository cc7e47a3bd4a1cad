/** Appends to one file; exclusive until closed. */
export interface FileAppender {
  readonly byteLength: number;
  append(bytes: Uint8Array): void | Promise<void>;
  /** Drops everything after `byteLength`. */
  truncate(byteLength: number): void | Promise<void>;
  /** Makes what was appended durable. */
  close(): void | Promise<void>;
}

/**
 * The bytes that model files are kept in. Models stand below services, so the OPFS is handed in
 * (services/models/storage.ts); failures arrive as typed errors, `quota-exceeded` among them.
 */
export interface ModelStorage {
  readBlob(path: string): Promise<Blob | null>;
  writeText(path: string, text: string): Promise<void>;
  openAppend(path: string): Promise<FileAppender>;
  remove(path: string): Promise<void>;
  /** Runs `work` while nobody else on this origin (another worker, another tab) works on the same path. */
  exclusive<Result>(
    path: string,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result>;
  /** Bytes still granted; null where unknown. */
  freeBytes(): Promise<number | null>;
}
