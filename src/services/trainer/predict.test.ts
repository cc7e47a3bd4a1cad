import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { createInferenceModel } from '../../models/inference.ts';
import { openSafetensors } from '../../models/files/safetensors.ts';
import { writeBest } from '../../training/checkpoints/checkpoints.ts';
import { memoryFileStore, once } from '../../training/checkpoints/fileStore.ts';
import { paperDefaults } from '../../training/presets.ts';
import { quickHyperparameters, syntheticRows } from '../../training/testing/rows.ts';
import type { PredictedBatch, TrainingData } from './contract.ts';
import { trainPy } from './bundle/trainPy.ts';
import { exportModelZip } from './exportModel.ts';
import { exportOnnxFile } from './exportOnnx.ts';
import { processRunLocks } from '../storage/locks.ts';
import type { RunRecord } from './runRecord.ts';
import { memoryRunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { bagDependencies } from './testing/bagDependencies.ts';

const rows = syntheticRows({ rows: 300, labels: 5, seed: 4 });
const data: TrainingData = {
  ...rows,
  dataHash: 'da7a',
  tokens: { ...rows.tokens, hash: '70ce', maxLength: 32, fullLengths: rows.tokens.rowIds },
};

async function trained() {
  const dependencies = bagDependencies(memoryRunStorage(), processRunLocks());
  let built = 0;
  const service = createTrainerService({
    ...dependencies,
    restoreModel: async (options) => {
      built++;
      return dependencies.restoreModel(options);
    },
  });
  const hyperparameters = { ...quickHyperparameters, maxSteps: 24 };
  const spec = {
    model: { kind: 'embedded', name: 'bag' },
    lowering: 'auto',
    hyperparameters,
    seed: 3,
  } as const;
  await service.start({ ...spec, runId: 'one' }, data, () => undefined);
  return { service, spec, built: () => built };
}

/** Rows of the token table as a table of their own. */
function taken(picked: Uint32Array) {
  const { ids, offsets: ends, rowIds } = data.tokens;
  const parts = Array.from(picked, (row) => ids.slice(ends[row], ends[row + 1]));
  const offsets = new Uint32Array(parts.length + 1);
  parts.forEach((part, b) => (offsets[b + 1] = (offsets[b] as number) + part.length));
  const all = new Int32Array(offsets[parts.length] as number);
  parts.forEach((part, b) => all.set(part, offsets[b]));
  return { rowIds: picked.map((row) => rowIds[row] as number), offsets, ids: all };
}

const goOn = new AbortController().signal;

describe('a run’s model put to use', () => {
  it('answers as it did when the run evaluated it, in batches, and stays ready for the next question', async () => {
    const { service, built } = await trained();
    const kept = await service.logits('one', 'test', 'best');
    const logits = new Float32Array(kept?.logits.length ?? 0);
    const batches: PredictedBatch[] = [];
    const answer = await service.predict('one', taken(data.split.test), (batch) => batches.push(batch), goOn);
    for (const { rows: at, logits: part } of batches)
      at.forEach((row, b) => logits.set(part.subarray(5 * b, 5 * b + 5), 5 * row));
    expect(answer).toMatchObject({ runId: 'one', step: kept?.step, labels: data.labels });
    expect(logits).toEqual(kept?.logits);
    await service.predict('one', taken(data.split.test.slice(0, 3)), () => undefined, goOn);
    expect(built()).toBe(1);
  });

  it('stops between batches, and makes room when a training begins', async () => {
    const { service, spec, built } = await trained();
    const stop = new AbortController();
    const all = taken(Uint32Array.from(data.tokens.rowIds.keys()));
    let seen = 0;
    const first = () => {
      seen++;
      stop.abort();
    };
    await expect(service.predict('one', all, first, stop.signal)).rejects.toMatchObject({ code: 'aborted' });
    expect(seen).toBe(1);
    await service.start({ ...spec, runId: 'two' }, data, () => undefined);
    await service.predict('one', taken(data.split.test), () => undefined, goOn);
    expect(built()).toBe(2);
  });

  it('ends for a training that begins, and says so', async () => {
    const { service, spec } = await trained();
    const all = taken(Uint32Array.from(data.tokens.rowIds.keys()));
    let training: Promise<unknown> | null = null;
    let seen = 0;
    const answer = service.predict(
      'one',
      all,
      ({ rows: answered }) => {
        seen += answered.length;
        training ??= service.start({ ...spec, runId: 'two' }, data, () => undefined);
      },
      goOn,
    );
    await expect(answer).rejects.toMatchObject({ code: 'prediction-ended' });
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(data.tokens.rowIds.length);
    await expect(training).resolves.toMatchObject({ state: 'done' });
  });

  it('refuses ids that the model has no vector for, and runs that do not exist', async () => {
    const { service } = await trained();
    const foreign = { rowIds: new Uint32Array(1), offsets: Uint32Array.of(0, 1), ids: Int32Array.of(9999) };
    await expect(service.predict('one', foreign, () => undefined, goOn)).rejects.toMatchObject({
      message: expect.stringMatching(/9,?999|vocabulary/iu) as string,
    });
    await expect(service.predict('none', foreign, () => undefined, goOn)).rejects.toMatchObject({
      code: 'run-not-found',
    });
    await expect(service.tokenizer('one')).resolves.toMatchObject({ name: 'bag' });
  });
});

const entries = async (zip: Blob) => unzipSync(new Uint8Array(await zip.arrayBuffer()));
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe('the training bundle', () => {
  it('holds the split, the settings and a script', async () => {
    const { service } = await trained();
    const { rowIds, dataHash, trainCounts } = await service.runRows('one');
    const priors = await service.labelPriors('one');
    expect(Array.from(trainCounts, (count) => count / data.split.train.length)).toEqual(Array.from(priors));
    expect(dataHash).toBe('da7a');
    const zip = await entries(
      await service.exportBundle(
        'one',
        Array.from(rowIds, (row) => `row "${row}"\n`),
      ),
    );
    expect(Object.keys(zip).sort()).toEqual([
      'README.md',
      'config.json',
      'data/test.jsonl',
      'data/train.jsonl',
      'data/validation.jsonl',
      'requirements.txt',
      'settings.json',
      'tokenizer/config.json',
      'tokenizer/tokenizer.json',
      'tokenizer/tokenizer_config.json',
      'train.py',
    ]);
    for (const part of ['train', 'validation', 'test'] as const) {
      const lines = text(zip[`data/${part}.jsonl`]).trim().split('\n');
      const read = lines.map((line) => JSON.parse(line) as { row: number; text: string; labels: string[] });
      expect(read.map(({ row }) => row)).toEqual(Array.from(data.split[part], (at) => rowIds[at]));
      expect(read.every((row) => row.text === `row "${row.row}"\n`)).toBe(true);
      const at = data.split[part][0] as number;
      const own = data.targetIds.subarray(data.targetOffsets[at], data.targetOffsets[at + 1]);
      expect(read[0]?.labels).toEqual(Array.from(own, (label) => data.labels[label]));
    }
    const settings = JSON.parse(text(zip['settings.json'])) as Record<string, unknown>;
    expect(settings).toMatchObject({ seed: 3, labels: data.labels, repository: null, hasWeights: false });
    await expect(service.exportBundle('one', ['too few'])).rejects.toMatchObject({ code: 'bundle-texts' });
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  it.skipIf(!python)('is Python, and reads no setting that is not written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'verbena-bundle-'));
    try {
      writeFileSync(join(folder, 'train.py'), trainPy);
      const compiled = spawnSync('python3', ['-m', 'py_compile', 'train.py'], { cwd: folder });
      expect(compiled.stderr.toString()).toBe('');
      expect(compiled.status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const read = [...trainPy.matchAll(/chosen\["(\w+)"\]/gu)].map(([, name]) => name ?? '');
    expect(read.length).toBeGreaterThan(10);
    expect(Object.keys(paperDefaults(100).hyperparameters)).toEqual(expect.arrayContaining(read));
  });
});

// Third-party test data beside the repository; its tests skip without it.
const goldens = new URL('../../../../shared/goldens/', import.meta.url);

describe.skipIf(!existsSync(goldens))('the Hugging Face folder', () => {
  it.each(['xlnet', 'bert', 'roberta', 'electra', 'distilbert'])(
    'of %s has the names, shapes and values that transformers wrote',
    async (name) => {
      const bytes = async (file: string) =>
        new Uint8Array(await readFile(new URL(`${name}/${file}`, goldens)));
      const golden = await openSafetensors(await bytes('model.safetensors'));
      const config = JSON.parse(text(await bytes('config.json'))) as Record<string, unknown>;
      const labels = ['a', 'b', 'c', 'd', 'e'];
      const capacity = { tokens: 64, sequences: 4, maxLength: 16 };
      const weights = { tensors: golden.tensors, read: (tensor: string) => golden.read(tensor) };
      const lowering = { kind: 'onnx', threads: 1 } as const;
      const model = await createInferenceModel({ config, weights, labelCount: 5, lowering, capacity });
      const files = memoryFileStore(new Map<string, Blob>());
      await writeBest(files, model, 7);
      model.dispose();
      const tokenizer = { name, tokenizerJson: '{}', tokenizerConfigJson: '{}' };
      await files.write('model.json', once(JSON.stringify({ config, tokenizer })));
      const point = {
        step: 7,
        split: 'validation',
        loss: 1,
        microF1: 0.5,
        macroF1: 0.5,
        labelAccuracy: 1,
      } as const;
      const history = { steps: [], evaluations: [{ ...point, isBest: true }] };
      const record = {
        labels,
        modelName: name,
        hyperparameters: paperDefaults(100).hyperparameters,
      } as unknown as RunRecord;
      const zip = await entries(await exportModelZip(files, record, history));
      const saved = await openSafetensors(zip['model.safetensors'] as Uint8Array<ArrayBuffer>);
      const shapes = (tensors: readonly { name: string; shape: readonly number[] }[]) =>
        Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor.shape]));
      // Position ids that transformers keeps as a buffer are no weights.
      const wanted = golden.tensors.filter((tensor) => !tensor.name.endsWith('position_ids'));
      expect(shapes(saved.tensors)).toEqual(shapes(wanted));
      for (const tensor of wanted)
        expect(await saved.read(tensor.name)).toEqual(await golden.read(tensor.name));
      const written = JSON.parse(text(zip['config.json'])) as Record<string, unknown>;
      expect(written).toMatchObject({
        architectures: config['architectures'],
        problem_type: 'multi_label_classification',
        id2label: { 0: 'a', 4: 'e' },
        label2id: { a: 0, e: 4 },
      });

      const onnx = await entries(await exportOnnxFile(files, record, history));
      expect(Object.keys(onnx)).toContain('model.onnx');
      expect(text(onnx['README.md'])).toContain('attention_mask');
    },
  );
});
