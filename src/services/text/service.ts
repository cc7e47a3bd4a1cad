import { throttled, throwIfAborted } from '../../base/progress.ts';
import { ContentHash } from '../../core/corpus/contentHash.ts';
import { createCleaner, createTracer } from '../../core/text/cleaner.ts';
import { loadTokenizer, type KeptPart, type TextTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { openModelTokenizer } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { transfer } from '../rpc.ts';
import type { CleaningOptions, TextService, TokenizerSource, TokenTable } from './contract.ts';
import { TextError } from './errors.ts';
import { runPool, type PoolMember } from './pool.ts';
import type { CachedTokens, TokenCache } from './tokenCache.ts';
import type { TokenizedBatch } from './tokenizeJob.ts';

export interface TextServiceParts {
  readonly startWorker: () => PoolMember;
  readonly cache: TokenCache;
  readonly storage: ModelStorage;
  /** Threads to leave one of to everybody else. */
  readonly threads: number;
}

/** Rows a worker takes at once, and the characters after which a batch ends earlier. */
const batchRows = 512;
const batchCharacters = 1 << 20;
/** A worker costs a vocabulary to load: worth it from so many batches on. */
const batchesPerWorker = 2;

/** Cleans and tokenises, over a pool of workers for whole corpora. */
export function createTextService({ startWorker, cache, storage, threads }: TextServiceParts): TextService {
  const tokenizerOf = remember<TokenizerSource, TextTokenizer>(loadTokenizer);
  return {
    async clean(texts, options) {
      return texts.map(await createCleaner(options));
    },
    async trace(texts, options) {
      return texts.map(await createTracer(options));
    },
    openTokenizer: (source, onProgress, signal) =>
      openModelTokenizer(source, storage, { onProgress, signal }),
    async tokenize(text, source) {
      return tokenizerOf(source).tokens(text);
    },
    async tokenizeRows(rowIds, texts, cleaning, source, wantedLength, onProgress, signal, keeps = 'head') {
      const maxLength = Math.min(wantedLength, source.maxTokens ?? wantedLength);
      if (rowIds.length !== texts.length)
        throw new TextError(
          'text-rows-mismatch',
          `${rowIds.length} rows were given with ${texts.length} texts.`,
          'Run the cell again; if it happens again, report it.',
        );
      // A tokenizer that cannot be used, or a length without room, fails here and not in every worker.
      tokenizerOf(source).encode('', maxLength);
      const hash = hashOf(texts, cleaning, source, maxLength, keeps);
      const table = (tokens: CachedTokens): TokenTable =>
        transfer({ hash, rowIds, maxLength, cleaning, ...tokens }, [
          tokens.ids.buffer,
          tokens.offsets.buffer,
          tokens.fullLengths.buffer,
        ]);
      const report = throttled(onProgress);
      const finished = () =>
        report({ phase: 'tokenizing', done: texts.length, total: texts.length, unit: 'rows' });
      const cached = await cache.read(hash);
      throwIfAborted(signal);
      if (cached && cached.fullLengths.length === texts.length) {
        finished();
        return table(cached);
      }
      const batches = batchBounds(texts);
      const results: TokenizedBatch[] = [];
      let done = 0;
      report({ phase: 'tokenizing', done: 0, total: texts.length, unit: 'rows' });
      await runPool<TokenizedBatch>(
        Math.min(Math.max(1, threads - 1), Math.ceil(batches.length / batchesPerWorker)),
        batches.length,
        startWorker,
        (job) => job.prepare(cleaning, source, maxLength, keeps),
        (job, batch) => job.run(texts.slice(...(batches[batch] ?? [0, 0]))),
        (batch, result) => {
          results[batch] = result;
          done += result.lengths.length;
          if (done < texts.length) report({ phase: 'tokenizing', done, total: texts.length, unit: 'rows' });
        },
        signal,
      );
      const tokens = join(results, texts.length);
      await cache.write(hash, tokens);
      finished();
      return table(tokens);
    },
  };
}

/** Ranges of rows: of about equal work, so that one long text does not hold the others up. */
function batchBounds(texts: readonly string[]): [from: number, to: number][] {
  const bounds: [number, number][] = [];
  let from = 0;
  let characters = 0;
  texts.forEach((text, row) => {
    characters += text.length;
    if (row + 1 - from < batchRows && characters < batchCharacters && row + 1 < texts.length) return;
    bounds.push([from, row + 1]);
    from = row + 1;
    characters = 0;
  });
  return bounds;
}

function join(batches: readonly TokenizedBatch[], rows: number): CachedTokens {
  const offsets = new Uint32Array(rows + 1);
  const fullLengths = new Uint32Array(rows);
  const ids = new Int32Array(batches.reduce((sum, batch) => sum + batch.ids.length, 0));
  let row = 0;
  let at = 0;
  for (const batch of batches) {
    ids.set(batch.ids, at);
    fullLengths.set(batch.fullLengths, row);
    for (const length of batch.lengths) {
      at += length;
      offsets[++row] = at;
    }
  }
  return { offsets, ids, fullLengths };
}

function hashOf(
  texts: readonly string[],
  cleaning: CleaningOptions,
  source: TokenizerSource,
  maxLength: number,
  keeps: KeptPart,
): string {
  const { removeSpecialCharacters, removeStopWords, lemmatise, lowercase } = cleaning;
  const hash = new ContentHash()
    .updateText(
      JSON.stringify([
        removeSpecialCharacters,
        removeStopWords,
        lemmatise,
        lowercase,
        maxLength,
        // Left out where it says nothing new: what was cached before it existed stays.
        ...(keeps === 'head' ? [] : [keeps]),
      ]),
    )
    .updateText(source.tokenizerJson)
    .updateText(source.tokenizerConfigJson);
  // A length before each text: no two lists of texts read the same.
  for (const text of texts) hash.updateText(`${text.length}:${text}`);
  return hash.digest();
}

/** The last value of a slow function: the same tokenizer is asked for again and again. */
function remember<Key extends TokenizerSource, Value>(make: (key: Key) => Value): (key: Key) => Value {
  let last: { key: Key; value: Value } | null = null;
  return (key) => {
    if (
      last?.key.tokenizerJson !== key.tokenizerJson ||
      last.key.tokenizerConfigJson !== key.tokenizerConfigJson
    )
      last = { key, value: make(key) };
    return last.value;
  };
}
