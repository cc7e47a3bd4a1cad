import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { sigmoid } from '../../core/metrics/evaluator.ts';
import { decodeChains } from '../../core/encodings/chain.ts';
import { openSafetensors } from '../../models/files/safetensors.ts';
import { relativeError } from '../../engine/testing/compare.ts';
import { quickHyperparameters, syntheticRows } from '../../training/testing/rows.ts';
import type { Hyperparameters, TrainerService, TrainingData, TrainingEvent } from './contract.ts';
import { memoryRunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { tinyDependencies } from './testing/tinyDependencies.ts';

const config = {
  model_type: 'distilbert',
  vocab_size: 200,
  initializer_range: 0.1,
  dim: 16,
  n_layers: 1,
  n_heads: 2,
  hidden_dim: 24,
  max_position_embeddings: 40,
};
const labels = 5;
const rows = syntheticRows({ rows: 120, labels, seed: 4 });
const data: TrainingData = {
  ...rows,
  dataHash: 'da7a',
  tokens: { ...rows.tokens, hash: '70ce', maxLength: 32, fullLengths: rows.tokens.rowIds },
};

async function trained(settings: Partial<Hyperparameters>, given = data) {
  const service = createTrainerService(tinyDependencies(memoryRunStorage(), config));
  const events: TrainingEvent[] = [];
  await service.start(
    {
      runId: 'one',
      model: { kind: 'embedded', name: 'tiny' },
      lowering: 'onnx',
      hyperparameters: { ...quickHyperparameters, maxSteps: 8, learningRate: 0.01, ...settings },
      seed: 3,
    },
    given,
    (event) => events.push(event),
  );
  return { service, events };
}

/** The run's answers to its own test rows. */
async function predicted(service: TrainerService): Promise<Float32Array> {
  const { ids, offsets: ends, rowIds } = data.tokens;
  const { test } = data.split;
  const parts = Array.from(test, (row) => ids.slice(ends[row], ends[row + 1]));
  const offsets = new Uint32Array(parts.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = (offsets[i] as number) + part.length;
  const all = new Int32Array(offsets.at(-1) ?? 0);
  for (const [i, part] of parts.entries()) all.set(part, offsets[i]);
  const tokens = { rowIds: test.map((row) => rowIds[row] as number), offsets, ids: all };
  const logits = new Float32Array(test.length * labels).fill(Number.NaN);
  const take = (batch: { rows: Uint32Array; logits: Float32Array }) =>
    batch.rows.forEach((row, b) =>
      logits.set(batch.logits.subarray(b * labels, (b + 1) * labels), row * labels),
    );
  await service.predict('one', tokens, take, new AbortController().signal);
  return logits;
}

const entries = async (zip: Blob) => unzipSync(new Uint8Array(await zip.arrayBuffer()));
const json = (bytes: Uint8Array | undefined) =>
  JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
const chains = { kind: 'chain', order: 'frequency', chains: 2, passes: 'decision' } as const;

const python = process.env['VERBENA_PYTHON'] ?? 'python3';
const hasNumpy = spawnSync(python, ['-c', 'import numpy, safetensors'], { timeout: 20_000 }).status === 0;

describe('runs under label encodings', () => {
  it('answer new texts as they were evaluated, tell their price, and export what their outputs need', async () => {
    const { service } = await trained({ encoding: chains });
    const kept = await service.logits('one', 'test', 'best');
    expect(relativeError(await predicted(service), kept?.logits ?? new Float32Array())).toBeLessThan(1e-6);
    const cost = await service.cost('one');
    expect(cost.addedParameters).toBe(labels * 17 + 2 * labels * labels);
    const zip = await entries(await service.exportModel('one'));
    expect(Object.keys(zip)).toEqual(
      expect.arrayContaining(['encoding.json', 'decode.py', 'label_chain.safetensors', 'model.safetensors']),
    );
    expect(Object.values(json(zip['config.json'])['id2label'] as object)).toContain(
      `${data.labels[0]} (chain 2)`,
    );
    expect(new TextDecoder().decode(zip['README.md'])).toContain('2 chains');
    expect(new TextDecoder().decode(zip['model.safetensors']?.slice(0, 4000))).not.toContain('label_chain');
  });

  it.skipIf(!hasNumpy)('decode.py makes the same probabilities (skipped without numpy)', async () => {
    const { service } = await trained({ encoding: { ...chains, passes: 'probability' } });
    const zip = await entries(await service.exportModel('one'));
    const folder = mkdtempSync(join(tmpdir(), 'verbena-decode-'));
    try {
      for (const name of ['encoding.json', 'decode.py', 'label_chain.safetensors'])
        writeFileSync(join(folder, name), zip[name] ?? '');
      const logits = Float32Array.from({ length: 30 }, (_, i) => 3 * Math.sin(i + 1));
      const code = `from decode import decode; import numpy as np; print(decode(np.array(${JSON.stringify([...logits])}).reshape(3, 10)).ravel().tolist())`;
      const { stdout, stderr } = spawnSync(python, ['-c', code], { cwd: folder, encoding: 'utf8' });
      expect(stderr).toBe('');
      const { read } = await openSafetensors(zip['label_chain.safetensors'] ?? new Uint8Array());
      const { orders } = json(zip['encoding.json']) as { readonly orders: number[][] };
      const weights = await read('label_chain.weight');
      const ours = decodeChains(logits, weights, labels, orders, 'probability').map(sigmoid);
      expect(weights.some((weight) => weight !== 0)).toBe(true);
      expect(relativeError(Float32Array.from(JSON.parse(stdout) as number[]), ours)).toBeLessThan(1e-5);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('keep to a hierarchy given by name, and say where there is none', async () => {
    const [parent = '', child = ''] = data.labels;
    const given = { kind: 'hierarchical', consistency: 'product', parents: [[child, parent]] } as const;
    const { service } = await trained({ encoding: given });
    expect(await service.cost('one')).toMatchObject({
      addedParameters: 0,
      edges: 1,
      violations: { checked: data.split.test.length, probability: 0, decision: 0 },
    });
    const { events } = await trained({ encoding: { ...given, parents: [] } });
    expect(events.some((event) => event.kind === 'warning' && event.code === 'hierarchy-empty')).toBe(true);
    const cycle = { ...given, parents: [[child, parent], [parent, child]] } as const; // prettier-ignore
    await expect(trained({ encoding: cycle })).rejects.toMatchObject({ code: 'encoding-cycle' });
  });

  it('keep the names that a head began with, and end in a standard folder', async () => {
    const labelNames = {
      ids: Int32Array.from({ length: labels * 3 }, (_, i) => 5 + i),
      offsets: Uint32Array.from({ length: labels + 1 }, (_, i) => 3 * i),
    };
    const named = await trained({ encoding: { kind: 'label-embedding' } }, { ...data, labelNames });
    const plain = await trained({});
    const [a, b] = await Promise.all(
      [named, plain].map(({ service }) => service.logits('one', 'test', 'best')),
    );
    expect(relativeError(a?.logits ?? new Float32Array(), b?.logits ?? new Float32Array())).toBeGreaterThan(
      0.01,
    );
    expect(Object.keys(await entries(await named.service.exportModel('one')))).not.toContain('encoding.json');
    expect(relativeError(await predicted(named.service), a?.logits ?? new Float32Array())).toBeLessThan(1e-6);
  });
});

describe('runs over windows', () => {
  it('answer new texts as they were evaluated, whatever batch a window falls into', async () => {
    for (const windowPooling of ['mean', 'max'] as const) {
      const { service } = await trained({
        longTexts: 'windows',
        segmentLength: 6,
        windowStride: 2,
        windowPooling,
      });
      const kept = await service.logits('one', 'test', 'best');
      const again = await predicted(service);
      expect(relativeError(again, kept?.logits ?? new Float32Array())).toBeLessThan(1e-5);
      expect(again.every((logit) => sigmoid(logit) > 0)).toBe(true);
    }
  });
});
