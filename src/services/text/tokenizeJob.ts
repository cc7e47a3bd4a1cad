import { createCleaner } from '../../core/text/cleaner.ts';
import { loadTokenizer, type KeptPart } from '../../core/tokenizer/tokenizer.ts';
import { transfer } from '../rpc.ts';
import type { CleaningOptions, TokenizerSource } from './contract.ts';

/** Rows of one batch: row i has `lengths[i]` ids, laid end to end. */
export interface TokenizedBatch {
  readonly ids: Int32Array;
  readonly lengths: Uint32Array;
  readonly fullLengths: Uint32Array;
}

/** What one worker of the pool does: it is prepared once, then takes batches. */
export interface TokenizeJob {
  prepare(
    cleaning: CleaningOptions,
    tokenizer: TokenizerSource,
    maxLength: number,
    keeps?: KeptPart,
  ): Promise<void>;
  run(texts: readonly string[]): Promise<TokenizedBatch>;
}

export function createTokenizeJob(): TokenizeJob {
  let encode: ((text: string) => { ids: Int32Array; fullLength: number }) | null = null;
  return {
    async prepare(cleaning, source, maxLength, keeps) {
      const clean = await createCleaner(cleaning);
      const tokenizer = loadTokenizer(source);
      encode = (text) => tokenizer.encode(clean(text), maxLength, keeps);
    },
    async run(texts) {
      if (!encode) throw new Error('A tokenize worker was given texts before it was prepared.');
      const rows = texts.map(encode);
      const lengths = Uint32Array.from(rows, ({ ids }) => ids.length);
      const fullLengths = Uint32Array.from(rows, ({ fullLength }) => fullLength);
      const ids = new Int32Array(lengths.reduce((a, b) => a + b, 0));
      let at = 0;
      for (const row of rows) {
        ids.set(row.ids, at);
        at += row.ids.length;
      }
      return transfer({ ids, lengths, fullLengths }, [ids.buffer, lengths.buffer, fullLengths.buffer]);
    },
  };
}
