import { expect, test } from 'vitest';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { areAsSaid, oneSize, provenSubgroups } from './subgroups.ts';

/** Two numbers for each of 64 threads: its place in a run of `size`, and `size`. */
const census = (size: number) =>
  Uint32Array.from({ length: 128 }, (_, i) => (i % 2 === 1 ? size : (i / 2) % size));

test('a size is believed where it lies in the range and threads are dealt in runs', () => {
  for (const size of [4, 8, 16, 32, 64]) {
    expect(areAsSaid(census(size), { least: 4, most: 128 })).toBe(true);
    expect(areAsSaid(census(size), { least: size, most: size })).toBe(true);
    expect(areAsSaid(census(size), { least: 2 * size, most: 2 * size })).toBe(size === 64);
    expect(areAsSaid(census(size), { least: 1, most: size / 2 })).toBe(false);
  }
  // A subgroup larger than the workgroup is one run of all of it.
  expect(areAsSaid(census(64), { least: 64, most: 128 })).toBe(true);
  // Places dealt in turns; nothing at all, as where the kernel did not run.
  const inTurns = Uint32Array.from({ length: 128 }, (_, i) => (i % 2 === 1 ? 32 : Math.floor(i / 4)));
  expect(areAsSaid(inTurns, { least: 32, most: 32 })).toBe(false);
  expect(areAsSaid(new Uint32Array(128), { least: 32, most: 32 })).toBe(false);
});

const { gpu } = await openNodeGpu();

test.skipIf(!gpu?.subgroups)(
  'this adapter does what it says; another size would not be believed',
  async () => {
    if (!gpu?.subgroups) return;
    const size = oneSize(gpu.subgroups) ?? 0;
    const said = (subgroupMinSize: number, subgroupMaxSize: number) =>
      provenSubgroups(gpu.device, { subgroupMinSize, subgroupMaxSize } as GPUAdapterInfo);
    expect(await said(size, size)).toEqual({ least: size, most: size });
    expect(await said(4, 128)).toEqual({ least: 4, most: 128 });
    expect(await said(2 * size, 4 * size)).toBeNull();
    expect(await said(0, 0)).toBeNull();
  },
);
