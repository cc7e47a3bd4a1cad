import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { loadTokenizer } from '../../core/tokenizer/tokenizer.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import type { CleaningOptions, TokenizerSource } from './contract.ts';
import type { PoolMember } from './pool.ts';
import { createTextService } from './service.ts';
import { decodeTokens, encodeTokens, type TokenCache } from './tokenCache.ts';
import { createTokenizeJob } from './tokenizeJob.ts';

const root = new URL('../../../public/', import.meta.url);
const mini: TokenizerSource = {
  name: 'verbena-mini',
  tokenizerJson: readFileSync(new URL('models/verbena-mini/tokenizer.json', root), 'utf8'),
  tokenizerConfigJson: readFileSync(new URL('models/verbena-mini/tokenizer_config.json', root), 'utf8'),
};
const texts = readFileSync(new URL('samples/howto-steps.jsonl', root), 'utf8')
  .trim()
  .split('\n')
  .slice(0, 4000)
  .map((line) => (JSON.parse(line) as { step: string }).step);
const rowIds = Uint32Array.from(texts, (_, row) => row * 3);
const asIs: CleaningOptions = {
  removeSpecialCharacters: false,
  removeStopWords: false,
  lemmatise: false,
  lowercase: false,
};
const noStorage = {} as ModelStorage;
const never = new AbortController().signal;

/** The service with its jobs in this thread: same code, no worker boundary (which the browser tests cross). */
function service(threads = 3, job = createTokenizeJob) {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const cache: TokenCache = {
    read: async (hash) => decodeTokens(files.get(hash) ?? new Uint8Array()),
    write: async (hash, tokens) => void files.set(hash, encodeTokens(tokens)),
  };
  const counts = { started: 0, ended: 0 };
  const startWorker = (): PoolMember => {
    counts.started++;
    return { job: job(), terminate: () => void counts.ended++ };
  };
  return { files, counts, text: createTextService({ startWorker, cache, storage: noStorage, threads }) };
}

describe('tokenizing rows', () => {
  it('lays every row where its offsets say, the same over one worker and over several', async () => {
    const one = await service(1).text.tokenizeRows(rowIds, texts, asIs, mini, 16, () => undefined, never);
    const { text, counts } = service(8);
    const many = await text.tokenizeRows(rowIds, texts, asIs, mini, 16, () => undefined, never);
    expect(counts).toEqual({ started: 4, ended: 4 });
    expect(many).toEqual(one);
    expect(one.rowIds).toEqual(rowIds);
    const tokenizer = loadTokenizer(mini);
    for (let row = 0; row < texts.length; row += 97) {
      const { ids, fullLength } = tokenizer.encode(texts[row] ?? '', 16);
      expect([...one.ids.subarray(one.offsets[row], one.offsets[row + 1])]).toEqual([...ids]);
      expect(one.fullLengths[row]).toBe(fullLength);
    }
  });

  it('reports rows up to the last, and answers from the cache without a worker', async () => {
    const { text, counts, files } = service();
    const seen: Progress[] = [];
    const first = await text.tokenizeRows(rowIds, texts, asIs, mini, 32, (p) => seen.push(p), never);
    expect(seen.at(-1)).toMatchObject({ done: texts.length, total: texts.length, unit: 'rows' });
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((a, b) => a - b));
    const { started } = counts;
    const again = await text.tokenizeRows(rowIds, texts, asIs, mini, 32, () => undefined, never);
    expect(again).toEqual(first);
    expect(counts.started).toBe(started);

    // A damaged cache file is computed anew.
    files.set(first.hash, (files.get(first.hash) ?? new Uint8Array()).slice(0, -4));
    expect(await text.tokenizeRows(rowIds, texts, asIs, mini, 32, () => undefined, never)).toEqual(first);
    expect(counts.started).toBeGreaterThan(started);
  });

  it('has another hash for other texts, cleaning, tokenizer or length, and the same for other row numbers', async () => {
    const some = texts.slice(0, 3);
    const rows = rowIds.slice(0, 3);
    const { text } = service(1);
    const hash = async (
      list: readonly string[],
      cleaning: CleaningOptions,
      source: TokenizerSource,
      maxLength: number,
      ids = rows,
    ) => (await text.tokenizeRows(ids, list, cleaning, source, maxLength, () => undefined, never)).hash;
    const config = JSON.stringify({ ...JSON.parse(mini.tokenizerConfigJson), do_lower_case: true });
    const all = [
      await hash(some, asIs, mini, 16),
      await hash([...some].reverse(), asIs, mini, 16),
      await hash(some, { ...asIs, lowercase: true }, mini, 16),
      await hash(some, asIs, { ...mini, tokenizerConfigJson: config }, 16),
      await hash(some, asIs, mini, 17),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(
      await hash(
        some,
        asIs,
        mini,
        16,
        rows.map((row) => row + 1),
      ),
    ).toBe(all[0]);
  });

  it('stops within a batch when aborted, ends its workers and caches nothing', async () => {
    const { text, counts, files } = service(1);
    const controller = new AbortController();
    const run = text.tokenizeRows(
      rowIds,
      texts,
      asIs,
      mini,
      32,
      ({ done }) => done > 0 && controller.abort(),
      controller.signal,
    );
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    expect(counts.ended).toBe(counts.started);
    expect(files.size).toBe(0);
  });

  it('does not wait for a worker that never answers once aborted', async () => {
    const stuck = () => ({ ...createTokenizeJob(), run: () => new Promise<never>(() => undefined) });
    const { text } = service(1, stuck);
    const controller = new AbortController();
    const run = text.tokenizeRows(rowIds, texts, asIs, mini, 32, () => undefined, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
  });

  it('cleans before it tokenizes, leaves empty rows as <sep> <cls>, and takes no rows at all', async () => {
    const { text } = service(2);
    const cleaning = { ...asIs, removeStopWords: true, lowercase: true };
    const { ids, offsets } = await text.tokenizeRows(
      Uint32Array.of(1, 2),
      ['the', 'PREHEAT'],
      cleaning,
      mini,
      32,
      () => undefined,
      never,
    );
    expect([...ids.subarray(0, offsets[1])]).toEqual([4, 3]);
    const [cleaned] = await text.clean(['PREHEAT'], cleaning);
    expect([...ids.subarray(offsets[1])]).toEqual((await text.tokenize(cleaned ?? '', mini)).ids);
    const none = await text.tokenizeRows(new Uint32Array(), [], asIs, mini, 32, () => undefined, never);
    expect([...none.offsets]).toEqual([0]);
  });

  it('names a length without room, rows without texts, and a tokenizer that is none', async () => {
    const { text, counts } = service();
    const run = (maxLength: number, source = mini, ids = rowIds) =>
      text.tokenizeRows(ids, texts, asIs, source, maxLength, () => undefined, never);
    await expect(run(2)).rejects.toMatchObject({ code: 'tokenizer-max-length' });
    await expect(run(16, { ...mini, tokenizerJson: '<html>' })).rejects.toMatchObject({
      code: 'tokenizer-not-json',
    });
    await expect(run(16, mini, rowIds.slice(1))).rejects.toMatchObject({ code: 'text-rows-mismatch' });
    expect(counts.started).toBe(0);
  });

  it('opens the tokenizer of a dropped folder, and names a model without one', async () => {
    const { text } = service();
    const config = JSON.stringify({ model_type: 'xlnet', vocab_size: 8000 });
    const files = [new File([config], 'config.json'), new File([mini.tokenizerJson], 'tokenizer.json')];
    const open = (some: readonly File[]) =>
      text.openTokenizer({ kind: 'files', name: 'mine', files: some }, () => undefined, never);
    const opened = await open(files);
    expect(opened.name).toBe('mine');
    expect((await text.tokenize('  Bake  it. ', opened)).ids).toEqual(
      (await text.tokenize('Bake it.', mini)).ids,
    );
    await expect(open(files.slice(0, 1))).rejects.toMatchObject({ code: 'model-file-missing' });
    const small = new File([JSON.stringify({ model_type: 'xlnet', vocab_size: 96 })], 'config.json');
    await expect(open([small, ...files.slice(1)])).rejects.toMatchObject({ code: 'tokenizer-vocabulary' });
  });
});
