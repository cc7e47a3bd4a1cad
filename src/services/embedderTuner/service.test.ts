import { unzipSync } from 'fflate';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { VerbenaError } from '../../base/errors.ts';
import { pool } from '../../core/embedding/pooling.ts';
import { cosine } from '../../core/embedding/vectors.ts';
import { loadTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { loadOnnxRuntime } from '../../engine/onnx/runtime.ts';
import { relativeError } from '../../engine/testing/compare.ts';
import { createContrastiveModel } from '../../models/contrastive.ts';
import { createEncoder } from '../../models/encoder.ts';
import { openModel, tunedFolder } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { contrastiveDefaults } from '../../training/contrastive/settings.ts';
import { packBatch } from '../../training/batches.ts';
import { memoryFolders, type StoredFolders } from '../storage/storedFolders.ts';
import { browserTunerDependencies } from './browser.ts';
import { processRunLocks } from '../storage/locks.ts';
import type { EmbedderTunerService, TuningData, TuningReport, TuningRequest } from './contract.ts';
import { createEmbedderTuner, type TunerDependencies } from './service.ts';

// 5 verbs × 4 nouns, three instructions of each.
const verbs = ['write', 'sort', 'translate', 'summarize', 'explain'];
const nouns = ['poem', 'list', 'recipe', 'email'];
const details = ['about rain', 'for a friend', 'in two lines'];
const rows = verbs.flatMap((verb) =>
  nouns.flatMap((noun) =>
    details.map((detail) => ({ text: `${verb} a ${noun} ${detail}`, pair: `${verb}|${noun}` })),
  ),
);
const data: TuningData = {
  texts: rows.map(({ text }) => text),
  pairs: rows.map(({ pair }) => pair),
  categories: rows.map(({ pair }) => pair),
};
const request: TuningRequest = {
  name: 'tiny PIE',
  start: {
    kind: 'scratch',
    size: { layers: 1, width: 32, heads: 2, inner: 64, positions: 32, dropout: 0.1 },
    vocabularySize: 200,
  },
  template: '{instruction}',
  maxLength: 16,
  settings: {
    ...contrastiveDefaults,
    pooling: 'mean',
    batchSize: 20,
    epochs: 8,
    learningRate: 0.01,
    checkpointEverySteps: 5,
  },
  seed: 1,
  lowering: 'onnx',
  dataHash: 'test',
};

const storage = memoryFolders();
const models: ModelStorage = {
  readBlob: (path) => {
    const at = path.lastIndexOf('/');
    return storage.files(path.slice(0, at)).read(path.slice(at + 1));
  },
} as ModelStorage;
let ids = 0;
const dependencies: TunerDependencies = {
  ...browserTunerDependencies({
    models,
    // The worker hands in the embedder's own way, which also cuts long texts inside their prompt.
    *tokens(texts, tokenizer, { template, maxLength }) {
      const rows = texts.map((text) =>
        Array.from(tokenizer.encode(template.replace('{instruction}', text), maxLength).ids),
      );
      yield rows.length;
      const offsets = new Uint32Array(rows.length + 1);
      rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] ?? 0) + row.length));
      return { ids: Int32Array.from(rows.flat()), offsets };
    },
  }),
  storage,
  create: async (options) => ({
    model: await createContrastiveModel({ ...options, lowering: { kind: 'onnx', threads: 1 } }),
    device: 'test',
  }),
  newId: () => `run-${++ids}`,
  reportEveryMs: 0,
};
const tuner = createEmbedderTuner(dependencies);
const quiet = () => undefined;
const live = () => new AbortController().signal;

describe('the embedder tuner', () => {
  it('makes an encoder out of texts and categories that the page opens like any other', async () => {
    const reports: TuningReport[] = [];
    const made = await tuner.start(request, data, (report) => reports.push(report), quiet, live());
    expect(made).toMatchObject({ state: 'done', step: 24, totalSteps: 24, startedFrom: 'fresh', rows: 60 });
    expect(made.loss).toBeLessThan(1);
    expect(reports.filter(({ kind }) => kind === 'steps')).toHaveLength(24);
    expect(await tuner.curves(made.id)).toHaveLength(24);
    expect(await storage.files(tunedFolder(made.id)).list()).not.toContain('rows.safetensors');

    const opened = await openModel({ kind: 'tuned', id: made.id, name: made.name }, models);
    expect(opened.name).toBe('tiny PIE@run-1.24');
    const encoder = await createEncoder({
      config: opened.config,
      weights: opened.weights,
      lowering: { kind: 'onnx', threads: 1 },
      capacity: { tokens: 256, sequences: 16, maxLength: 16 },
    });
    const tokenizer = loadTokenizer(opened.tokenizer);
    const texts = [
      'Write a poem in two lines',
      'write a poem about rain',
      'Translate a poem about rain',
      'sort a list about rain',
    ];
    const encoded = texts.map((text) => Array.from(tokenizer.encode(text).ids));
    const offsets = new Uint32Array(encoded.length + 1);
    encoded.forEach((row, at) => (offsets[at + 1] = (offsets[at] ?? 0) + row.length));
    const none = new Uint32Array(0);
    const packed = packBatch(
      {
        tokens: { ids: Int32Array.from(encoded.flat()), offsets, rowIds: none },
        split: { train: none, validation: none, test: none },
        labels: [],
        targetOffsets: none,
        targetIds: none,
      },
      [0, 1, 2, 3],
      (row) => encoder.segmentIds(row),
      false,
    );
    const [last = new Float32Array()] = await encoder.hidden(packed, [encoder.layers]);
    const vectors = pool({ last, offsets: packed.offsets, width: 32 }, 'mean');
    encoder.dispose();
    expect(cosine(vectors, 0, vectors, 1)).toBeGreaterThan(cosine(vectors, 0, vectors, 2) + 0.2);
    expect(cosine(vectors, 0, vectors, 1)).toBeGreaterThan(cosine(vectors, 1, vectors, 3) + 0.2);
  });

  it('keeps what was learnt when stopped, and goes on to the same end', async () => {
    const whole = await tuner.start(request, data, quiet, quiet, live());
    const controller = new AbortController();
    const stopped = await tuner.start(
      request,
      data,
      (report) => {
        if (report.kind === 'steps' && report.points[0]?.step === 7) controller.abort();
      },
      quiet,
      controller.signal,
    );
    expect(stopped).toMatchObject({ state: 'stopped', step: 7 });
    expect((await tuner.list()).find(({ id }) => id === stopped.id)?.state).toBe('stopped');
    const weights = (id: string) => storage.files(tunedFolder(id)).read('model.safetensors');
    expect(await weights(stopped.id)).not.toBeNull();
    const resumed = await tuner.resume(stopped.id, quiet, quiet, live());
    expect(resumed).toMatchObject({ state: 'done', step: 24, loss: whole.loss });
    const bytes = async (id: string) =>
      new Uint8Array((await (await weights(id))?.arrayBuffer()) ?? new ArrayBuffer(0));
    expect(await bytes(resumed.id)).toEqual(await bytes(whole.id));
    await expect(tuner.resume(resumed.id, quiet, quiet, live())).rejects.toMatchObject({
      code: 'tuning-finished',
    });
  });

  it('tunes what it made further, by low-rank updates that the saved weights hold', async () => {
    const [first] = await tuner.list();
    const source = { kind: 'tuned', id: first?.id ?? '', name: 'tiny PIE' } as const;
    const trained = { frozen: [], lora: { rank: 4, alpha: 8, dropout: 0, targets: [] } };
    const made = await tuner.start(
      {
        ...request,
        start: { kind: 'model', source },
        settings: { ...request.settings, trained, maxSteps: 3 },
      },
      data,
      quiet,
      quiet,
      live(),
    );
    expect(made.startedFrom).toMatch(/^tiny PIE@/);
    const before = await openModel(source, models);
    const after = await openModel({ ...source, id: made.id }, models);
    expect(after.weights.tensors.map(({ name }) => name).sort()).toEqual(
      before.weights.tensors.map(({ name }) => name).sort(),
    );
    const query = 'bert.encoder.layer.0.attention.self.query.weight';
    const key = 'bert.encoder.layer.0.attention.self.key.weight';
    expect(await after.weights.read(key)).toEqual(await before.weights.read(key));
    expect(await after.weights.read(query)).not.toEqual(await before.weights.read(query));
  });

  it('exports a folder, removes and restores, and says what it does not know', async () => {
    const [made] = await tuner.list();
    const id = made?.id ?? '';
    const files = unzipSync(new Uint8Array(await (await tuner.exportZip(id, 'safetensors')).arrayBuffer()));
    expect(Object.keys(files).sort()).toEqual([
      '1_Pooling/config.json',
      'config.json',
      'curves.json',
      'model.safetensors',
      'modules.json',
      'sentence_bert_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'tuning.json',
    ]);
    const pooling = JSON.parse(new TextDecoder().decode(files['1_Pooling/config.json'])) as object;
    expect(pooling).toMatchObject({
      word_embedding_dimension: 32,
      pooling_mode_mean_tokens: true,
      pooling_mode_cls_token: false,
    });
    const count = (await tuner.list()).length;
    await tuner.remove(id);
    expect(await tuner.list()).toHaveLength(count - 1);
    await tuner.restore(id);
    expect(await tuner.list()).toHaveLength(count);
    await expect(tuner.exportZip('gone', 'safetensors')).rejects.toMatchObject({ code: 'tuning-not-found' });
    await expect(tuner.remove('../runs')).rejects.toMatchObject({ code: 'tuning-not-found' });
  });

  it('exports ONNX that gives the hidden states of the encoder', async () => {
    const [made] = await tuner.list();
    const id = made?.id ?? '';
    const files = unzipSync(new Uint8Array(await (await tuner.exportZip(id, 'onnx')).arrayBuffer()));
    expect(Object.keys(files)).toContain('modules.json');
    expect(files['model.safetensors']).toBeUndefined();

    const opened = await openModel({ kind: 'tuned', id, name: 'tiny PIE' }, models);
    const ids = loadTokenizer(opened.tokenizer).encode('Write a poem about rain').ids;
    await loadOnnxRuntime(1);
    const session = await InferenceSession.create(files['onnx/model.onnx'] as Uint8Array);
    const row = (values: Iterable<number>) =>
      new Tensor('int64', BigInt64Array.from(Array.from(values, BigInt)), [1, ids.length]);
    const outputs = await session.run({
      input_ids: row(ids),
      attention_mask: row(ids.map(() => 1)),
      token_type_ids: row(ids.map(() => 0)),
    });
    await session.release();

    const encoder = await createEncoder({
      config: opened.config,
      weights: opened.weights,
      lowering: { kind: 'onnx', threads: 1 },
      capacity: { tokens: 32, sequences: 2, maxLength: 32 },
    });
    const batch = {
      ids: Int32Array.from(ids),
      segments: encoder.segmentIds(Int32Array.from(ids)),
      offsets: Uint32Array.of(0, ids.length),
      targets: null,
    };
    const [expected = new Float32Array()] = await encoder.hidden(batch, [encoder.layers]);
    encoder.dispose();
    const states = outputs['last_hidden_state']?.data as Float32Array;
    expect(relativeError(states, expected)).toBeLessThan(2e-5);
  });

  it('leaves nothing behind of a start that was stopped at once or refused', async () => {
    const count = (await tuner.list()).length;
    const aborted = AbortSignal.abort();
    await expect(tuner.start(request, data, quiet, quiet, aborted)).rejects.toMatchObject({
      code: 'aborted',
    });
    const oneCategory = { ...data, categories: data.categories.map(() => 'write|poem') };
    await expect(tuner.start(request, oneCategory, quiet, quiet, live())).rejects.toMatchObject({
      code: 'triplets-one-category',
    });
    const wrong = { ...request, settings: { ...request.settings, temperature: 0 } };
    await expect(tuner.start(wrong, data, quiet, quiet, live())).rejects.toMatchObject({
      code: 'contrastive-settings-invalid',
    });
    expect(await tuner.list()).toHaveLength(count);
  });

  it('frees the device where there is no room for a start, and leaves nothing of it', async () => {
    let models = 0;
    const files: StoredFolders['files'] = (folder) => ({
      ...storage.files(folder),
      write: (name, content) =>
        name === 'tuning.json'
          ? Promise.reject(new VerbenaError('quota-exceeded', 'No room.', 'Make some.'))
          : storage.files(folder).write(name, content),
    });
    const full = createEmbedderTuner({
      ...dependencies,
      storage: { ...storage, files },
      async create(...all) {
        const { model, device } = await dependencies.create(...all);
        models++;
        const dispose = model.dispose.bind(model);
        model.dispose = () => {
          models--;
          dispose();
        };
        return { model, device };
      },
      newId: () => 'no-room',
    });
    await expect(full.start(request, data, quiet, quiet, live())).rejects.toMatchObject({
      code: 'quota-exceeded',
    });
    expect(models).toBe(0);
    expect(await storage.files(tunedFolder('no-room')).list()).toEqual([]);
  });

  it('is one tab’s at a time: no other goes on with it, or takes it away, until it ends or its tab does', async () => {
    const held = new Set<string>();
    const [here, there] = [processRunLocks(held), processRunLocks(held)];
    const [mine, other] = [here, there].map((locks) => createEmbedderTuner({ ...dependencies, locks }));
    if (!mine || !other) throw new Error('Two tabs.');
    const controller = new AbortController();
    const cut = await mine.start(
      request,
      data,
      (report) => report.kind === 'steps' && controller.abort(),
      quiet,
      controller.signal,
    );
    const listed = async (tab: EmbedderTunerService) =>
      (await tab.list()).find(({ id }) => id === cut.id)?.isUnderWay;
    expect([await listed(mine), await listed(other)]).toEqual([false, false]);

    let tried: Promise<unknown> | null = null;
    const refused = async () => {
      const elsewhere = { code: 'tuning-owned-elsewhere' };
      await expect(other.resume(cut.id, quiet, quiet, live())).rejects.toMatchObject(elsewhere);
      await expect(other.remove(cut.id)).rejects.toMatchObject(elsewhere);
      expect([await listed(mine), await listed(other)]).toEqual([true, true]);
    };
    const again = new AbortController();
    const going = mine.resume(
      cut.id,
      (report) => {
        if (report.kind === 'steps') tried ??= refused().finally(() => again.abort());
      },
      quiet,
      again.signal,
    );
    expect((await going).state).toBe('stopped');
    await tried;
    expect(await listed(other)).toBe(false);
    expect(await other.resume(cut.id, quiet, quiet, live())).toMatchObject({ state: 'done', step: 24 });
  });

  it('takes nothing away that it is tuning', async () => {
    const refused: unknown[] = [];
    const made = await tuner.start(
      request,
      data,
      (report) => {
        if (report.kind === 'encoder' && report.encoder.state === 'running')
          void tuner.remove(report.encoder.id).catch((error: unknown) => refused.push(error));
      },
      quiet,
      live(),
    );
    expect(refused).toMatchObject([{ code: 'tuning-busy' }]);
    expect((await tuner.list()).map(({ id }) => id)).toContain(made.id);
  });
});
