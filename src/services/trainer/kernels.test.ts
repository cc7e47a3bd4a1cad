import { describe, expect, test } from 'vitest';
import { shapeClass, type MatmulShape, type MatmulTable } from '../../engine/ops/matmul/tiles.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import { memoryFileStore, once } from '../../training/checkpoints/fileStore.ts';
import { kernelReport, matmulChooser, runKernels, type AdapterTables } from './kernels.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

function tablesInMemory(): AdapterTables & { readonly tables: Map<string, MatmulTable> } {
  const tables = new Map<string, MatmulTable>();
  return {
    tables,
    read: async (adapter) => tables.get(adapter),
    write: async (table) => void tables.set(table.adapter, table),
  };
}

const shape: MatmulShape = {
  rows: 64,
  columns: 64,
  inner: 32,
  transposeA: false,
  transposeB: true,
  splittable: false,
};

describe.skipIf(!gpu)(
  `the kernels of a run${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 240_000 },
  () => {
    // The tuner leaves software adapters alone; told that this one is a card, it tunes.
    const card = gpu && { ...gpu, isSoftware: false };

    test('are tuned once an adapter, and a run keeps those it was begun with', async () => {
      if (!card) return;
      const store = tablesInMemory();
      const files = memoryFileStore();
      const first = await matmulChooser({ gpu: card, run: runKernels(files, false), store })([shape]);
      expect(Object.keys(first?.choices ?? {})).toEqual([shapeClass(shape)]);
      expect(store.tables.get(card.name)).toEqual(first);

      // Known classes are not measured again: the table is the same to the last digit of its rate. Sums over rows are measured where the
      // first session had no time for them.
      const next = () =>
        matmulChooser({ gpu: card, run: runKernels(memoryFileStore(), false), store })([shape]);
      const second = await next();
      expect(second).toEqual({ ...first, ...(card.subgroups && { rowSums: second?.rowSums }) });
      expect(second?.rowSums === undefined).toBe(card.subgroups === null);
      expect(await next()).toEqual(second);

      // The browser forgot, or measured otherwise: the run does not notice.
      store.tables.clear();
      const resumed = matmulChooser({ gpu: card, run: runKernels(files, true), store });
      expect(await resumed([shape])).toEqual(first);
      expect(store.tables.size).toBe(0);
    });

    test('a run begun without a table goes on without; software and a switched-off tuner have none', async () => {
      if (!card || !gpu) return;
      const store = tablesInMemory();
      const begun = runKernels(memoryFileStore(), true);
      expect(await matmulChooser({ gpu: card, run: begun, store })([shape])).toBeNull();
      const fresh = runKernels(memoryFileStore(), false);
      expect(await matmulChooser({ gpu, run: fresh, store })([shape])).toBeNull();
      expect(await matmulChooser({ gpu: card, run: fresh, store, tunes: false })([shape])).toBeNull();
      expect(store.tables.size).toBe(0);
    });

    test('a damaged table is no table', async () => {
      if (!card) return;
      const files = memoryFileStore();
      await files.write('kernels.json', once('{"version":'));
      const resumed = matmulChooser({ gpu: card, run: runKernels(files, true), store: tablesInMemory() });
      expect(await resumed([shape])).toBeNull();
    });
  },
);

test('a run tells which tiles it took, at what precision, or that none were tuned', () => {
  const table: MatmulTable = {
    version: 1,
    adapter: 'a card',
    precision: 'f16',
    choices: { 'NN 4096x1024x1024': { tile: '128x64x16/8x4', splits: 1 } },
    peakGflops: 9000,
  };
  expect(kernelReport(table, 'f16')).toEqual({
    precision: 'f16',
    isTuned: true,
    peakGflops: 9000,
    choices: [{ shapes: 'NN 4096x1024x1024', tile: '128x64x16/8x4', splits: 1 }],
  });
  expect(kernelReport(null, 'f32')).toEqual({
    precision: 'f32',
    isTuned: false,
    peakGflops: null,
    choices: [],
  });
});

test('tables of halves and of 32 bits are kept apart', async () => {
  if (!gpu) return;
  const card = { ...gpu, isSoftware: false };
  const files = memoryFileStore();
  const table: MatmulTable = { version: 1, adapter: card.name, precision: 'f16', choices: {}, peakGflops: 1 };
  await runKernels(files, false).write(table);
  const resumed = (precision: 'f32' | 'f16') =>
    matmulChooser({ gpu: card, run: runKernels(files, true), store: tablesInMemory(), precision })([shape]);
  expect(await resumed('f16')).toEqual(table);
  expect(await resumed('f32')).toBeNull();
});
