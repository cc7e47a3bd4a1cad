import { createRequire } from 'node:module';
import { openDevice, type GpuDevice } from '../../src/engine/webgpu/device.ts';

/** A card as Node sees it through the npm package `webgpu` (Dawn), with the clock of its timestamps unrounded. */
export async function openCard(): Promise<GpuDevice> {
  // Not an import: the bundle leaves this package, which holds a native library, beside it.
  const { create, globals } = createRequire(import.meta.url)('webgpu') as typeof import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([
    'enable-dawn-features=allow_unsafe_apis',
    'disable-dawn-features=timestamp_quantization',
  ]);
  // Dawn's objects die with the one that made them.
  Object.assign(globalThis, { cardInstance: gpu });
  return openDevice(gpu, false);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
