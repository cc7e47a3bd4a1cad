/** A record larger than this is skipped: no cell of text is, and memory stays bounded. */
export const defaultMaxRecordBytes = 32 << 20;

/** Recoveries from damaged structure (an open quote, an unclosed bracket) a file gets before the rest is given up. */
export const maxRecoveries = 100;

/** Turns blocks of bytes into rows of an index, a format each. Blocks hold whole files or any part of one. */
export interface RecordReader {
  /**
   * Reads the whole records in `bytes`, which begin at `base` in the file, and returns how many bytes are done with; the
   * others come again, with more behind them. `last`: nothing follows, so everything must be done with.
   */
  read(bytes: Uint8Array, base: number, last: boolean): number;
  /** The record at the begin of `bytes` exceeds the limit: logs it and returns how many bytes to leave behind. */
  overflow(bytes: Uint8Array, base: number): number;
  /** Plain data from which a new reader continues at the position done with. */
  state(): ReaderState;
}

export type ReaderState = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
