import type { BatchCapacity } from '../family.ts';
import type { PackedBatch, StateTensor, TensorInfo } from '../trainable.ts';
import { sizeOf } from '../weights.ts';

/** The labels' names as token ids, special tokens included: name i is `ids[offsets[i] .. offsets[i + 1])`. */
export interface NameTokens {
  readonly ids: Int32Array;
  readonly offsets: Uint32Array;
}

/** Names in order, as batches that a capacity holds; longer ones are cut as texts are, before their last two tokens. */
export function nameBatches(
  { ids, offsets }: NameTokens,
  { tokens, sequences, maxLength }: BatchCapacity,
  segmentIds: (ids: Int32Array) => Int32Array,
): PackedBatch[] {
  const batches: PackedBatch[] = [];
  let rows: Int32Array[] = [];
  let held = 0;
  const flush = () => {
    if (rows.length === 0) return;
    const batch = { ids: new Int32Array(held), segments: new Int32Array(held) };
    const starts = new Uint32Array(rows.length + 1);
    for (const [i, row] of rows.entries()) {
      const at = starts[i] as number;
      batch.ids.set(row, at);
      batch.segments.set(segmentIds(row), at);
      starts[i + 1] = at + row.length;
    }
    batches.push({ ...batch, offsets: starts, targets: null });
    rows = [];
    held = 0;
  };
  for (let name = 0; name + 1 < offsets.length; name++) {
    let row = ids.slice(offsets[name], offsets[name + 1]);
    if (row.length > maxLength)
      row = Int32Array.from([...row.subarray(0, maxLength - 2), ...row.subarray(row.length - 2)]);
    if (held + row.length > tokens || rows.length >= sequences) flush();
    rows.push(row);
    held += row.length;
  }
  flush();
  return batches;
}

/**
 * Rows of a label matrix `[labels, width]` from what the encoder makes of the labels' names (`pooled`, same shape): centred, because pooled
 * vectors of a model share a large common part, and of the length that fresh rows would have (`range · √width` each), so that training
 * begins at the same scale. Null where names are all read alike (an untrained model may): then fresh rows stay.
 */
export function labelMatrix(
  { name, shape }: TensorInfo,
  pooled: Float32Array,
  range: number,
): StateTensor | null {
  const [labels = 0, width = 0] = shape;
  if (pooled.length !== sizeOf(shape)) return null;
  const mean = new Float64Array(width);
  for (let i = 0; i < pooled.length; i++)
    mean[i % width] = (mean[i % width] as number) + (pooled[i] as number) / labels;
  const data = new Float32Array(pooled.length);
  for (let label = 0; label < labels; label++) {
    let square = 0;
    for (let i = 0; i < width; i++)
      square += ((pooled[label * width + i] as number) - (mean[i] as number)) ** 2;
    if (!(square > 0)) return null;
    const scale = (range * Math.sqrt(width)) / Math.sqrt(square);
    for (let i = 0; i < width; i++)
      data[label * width + i] = scale * ((pooled[label * width + i] as number) - (mean[i] as number));
  }
  return { kind: 'parameter', name, shape, data };
}
