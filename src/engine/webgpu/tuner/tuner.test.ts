import { describe, expect, test } from 'vitest';
import {
  fallbackChoice,
  matmulTiles,
  shapeClass,
  type MatmulShape,
  type MatmulTable,
} from '../../ops/matmul/tiles.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { tinyCapacity, tinyGraph } from '../../testing/tinyModel.ts';
import { matmulShapes, mergeMatmulTables, readMatmulTable } from './table.ts';
import { fasterSums } from './rowSums.ts';
import { tuneMatmul } from './tune.ts';

const table = (choices: MatmulTable['choices'], peakGflops = 1): MatmulTable => ({
  version: 1,
  adapter: 'an adapter',
  precision: 'f32',
  choices,
  peakGflops,
});
const large = { tile: '128x128x16/8x8', splits: 1 } as const;
const small = { tile: '32x32x32/4x4', splits: 2 } as const;

describe('tables of choices', () => {
  test('survive JSON; another adapter, precision, version or an unknown tile is not taken', () => {
    const stored: unknown = JSON.parse(JSON.stringify(table({ a: large, b: small })));
    expect(readMatmulTable(stored, 'an adapter', 'f32')).toEqual(table({ a: large, b: small }));
    expect(readMatmulTable(stored, 'another', 'f32')).toBeNull();
    expect(readMatmulTable(stored, 'an adapter', 'f16')).toBeNull();
    for (const wrong of [
      null,
      7,
      {},
      { ...table({}), version: 2 },
      { ...table({}), choices: { a: { tile: '96x96', splits: 1 } } },
      { ...table({}), choices: { a: { tile: '32x32x32/4x4', splits: 0.5 } } },
      { ...table({}), choices: null },
    ])
      expect(readMatmulTable(wrong, 'an adapter', 'f32')).toBeNull();
  });

  test('what was measured of sums over rows is kept, what a later version may have measured is not taken', () => {
    const stored = { ...table({ a: large }), rowSums: 'subgroups' } as const;
    expect(readMatmulTable(stored, 'an adapter', 'f32')).toEqual(stored);
    expect(readMatmulTable({ ...stored, rowSums: 'waves' }, 'an adapter', 'f32')).toEqual(
      table({ a: large }),
    );
    expect(mergeMatmulTables(stored, table({}))).toEqual(stored);
    expect(mergeMatmulTables(table({ a: large }), { ...table({}), rowSums: 'workgroup' }).rowSums).toBe(
      'workgroup',
    );
    expect(mergeMatmulTables(stored, { ...table({}), rowSums: 'workgroup' }).rowSums).toBe('subgroups');
  });

  test('sums over rows take subgroups only where these were faster each time', () => {
    expect(fasterSums([10, 11], [9, 8])).toBe('subgroups');
    for (const slower of [
      [9, 10],
      [10, 10],
      [12, 5],
      [8, Number.POSITIVE_INFINITY],
    ])
      expect(fasterSums([10, 11], slower)).toBe('workgroup');
  });

  test('a choice once made stands when another run tunes more classes', () => {
    const merged = mergeMatmulTables(table({ a: large }, 5), table({ a: small, b: small }, 3));
    expect(merged.choices).toEqual({ a: large, b: small });
    expect(merged.peakGflops).toBe(5);
  });

  test('shapes of a graph: every product, forward and backward, weights splittable', () => {
    const shapes = matmulShapes([tinyGraph({ training: true })], tinyCapacity);
    const products = tinyGraph({ training: true }).nodes.filter(
      ({ operation }) => operation.name === 'matmul',
    );
    expect(shapes.length).toBe(products.length);
    const gradient = shapes.filter(({ splittable }) => splittable);
    expect(gradient.length).toBeGreaterThan(2);
    for (const shape of gradient)
      expect([tinyCapacity.T, tinyCapacity.B, tinyCapacity.R]).toContain(shape.inner);
  });
});

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(`the tuner${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 240_000 }, () => {
  const product = (rows: number, columns: number, inner: number, splittable = false): MatmulShape => ({
    rows,
    columns,
    inner,
    transposeA: splittable,
    transposeB: !splittable,
    splittable,
  });
  // The tuner leaves software adapters alone; told that this one is a card, it tunes.
  const card = gpu && { ...gpu, isSoftware: false };

  test('measures no software adapter', async () => {
    if (!gpu) return;
    expect((await tuneMatmul(gpu, [product(64, 64, 64)])).choices).toEqual({});
  });

  test('without time for more than one candidate it keeps the fallback of the dearest class', async () => {
    if (!card) return;
    const shapes = [product(32, 32, 32), product(96, 64, 64)];
    const tuned = await tuneMatmul(card, shapes, { budgetMs: 1 });
    const dearest = product(96, 64, 64);
    expect(tuned.choices).toEqual({ [shapeClass(dearest)]: fallbackChoice(dearest) });
    expect(tuned.peakGflops).toBeGreaterThan(0);
  });

  test.skipIf(!gpu?.subgroups)(
    'measures sums over rows where there are subgroups, however few products',
    async () => {
      if (!card) return;
      expect(['subgroups', 'workgroup']).toContain((await tuneMatmul(card, [], { budgetMs: 6000 })).rowSums);
      const without = { ...card, subgroups: null };
      expect(await tuneMatmul(without, [])).not.toHaveProperty('rowSums');
    },
  );

  test('chooses among tiles it measured, forward and for a split weight gradient', async () => {
    if (!card) return;
    const shapes = [product(32, 36, 520, true), product(64, 36, 32)];
    const tuned = await tuneMatmul(card, shapes, { budgetMs: 6000 });
    expect(tuned.adapter).toBe(card.name);
    for (const choice of Object.values(tuned.choices))
      expect(Object.keys(matmulTiles)).toContain(choice.tile);
    expect(tuned.choices[shapeClass(product(32, 36, 520, true))]).toBeDefined();
    expect(readMatmulTable(JSON.parse(JSON.stringify(tuned)), card.name, 'f32')).toEqual(tuned);
  });

  const hasHalves = gpu?.features.includes('shader-f16') ?? false;
  test.skipIf(!hasHalves)(
    `measures products of halves${hasHalves ? '' : ' (skipped: no shader-f16 here)'}`,
    async () => {
      if (!card) return;
      const shape = product(64, 36, 32);
      const tuned = await tuneMatmul(card, [shape], { budgetMs: 6000, precision: 'f16' });
      expect(tuned.choices[shapeClass(shape)]).toBeDefined();
      expect(tuned.peakGflops).toBeGreaterThan(0);
      expect(readMatmulTable(tuned, card.name, 'f16')).toEqual(tuned);
    },
  );

  test('stops when it is told to', async () => {
    if (!card) return;
    const signal = AbortSignal.abort();
    await expect(tuneMatmul(card, [product(64, 64, 64)], { signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
