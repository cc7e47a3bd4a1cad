import type { Shape } from '../graph/types.ts';
import { alignment } from './liveness.ts';

/** Parameters whose squares one workgroup sums. */
export const normChunk = 16384;

/** Rows `[begin, end)` of a parameter that lie in one buffer, and so fit one binding. */
export interface RowPart {
  readonly begin: number;
  readonly end: number;
  readonly byteLength: number;
}

/**
 * A parameter as a device can bind it: whole where it fits (one part), else in runs of rows. Where rows allow it, parts begin at multiples
 * of the chunks that the gradient's norm is summed in, so that a table in parts is updated to the bits of the whole one; at the least where
 * WebGPU can bind. Null where no such run fits.
 */
export function rowParts(
  shape: Shape,
  maxBindingBytes = Number.POSITIVE_INFINITY,
): readonly RowPart[] | null {
  const sizes = shape.map(Number);
  const rows = sizes[0] ?? 1;
  const rowBytes = sizes.slice(1).reduce((product, size) => product * size, 4);
  const byteLength = rows * rowBytes;
  const most = wholeRoom(maxBindingBytes);
  if (byteLength <= most) return [{ begin: 0, end: rows, byteLength }];
  const grain = [normChunk * 4, alignment]
    .map((bytes) => bytes / greatestCommonDivisor(bytes, rowBytes))
    .find((run) => run * rowBytes <= most);
  if (!grain) return null;
  const run = Math.floor(most / rowBytes / grain) * grain;
  return Array.from({ length: Math.ceil(rows / run) }, (_, part) => {
    const begin = part * run;
    const end = Math.min(rows, begin + run);
    return { begin, end, byteLength: (end - begin) * rowBytes };
  });
}

/** Of a binding's bytes, those that aligned tensors can fill: devices grant 2^31 - 4. */
export function wholeRoom(maxBindingBytes: number): number {
  return Math.floor(maxBindingBytes / alignment) * alignment;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
