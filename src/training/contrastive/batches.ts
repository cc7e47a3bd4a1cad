import { random } from '../../base/random.ts';
import { tripletMiner, type Triplet, type TripletMiner } from '../../core/embedding/uses/hardNegatives.ts';
import type { ContrastiveBatch } from '../../models/contrastive.ts';
import { packBatch } from '../batches.ts';
import { planEvaluation, type PackingLimits } from '../packing.ts';
import { contrastiveStepsPerEpoch } from './settings.ts';
import type { ContrastiveRows, ContrastiveSettings } from './types.ts';

// Names the random streams of one seed; fixed for ever, since runs are resumed by them.
const orderSalt = 0x6f726465;
const drawSalt = 0x64726177;

export interface PlannedBatch extends ContrastiveBatch {
  readonly tokens: number;
  /** Batch rows of anchors with their positives. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly hardShare: number;
}

/** Makes the batch of an epoch's step (both from 0): a function of the seed and these two alone. */
export type BatchMaker = (epoch: number, step: number) => PlannedBatch;

/** Throws `triplets-one-category` where `pie` has only one. */
export function batchMaker(
  rows: ContrastiveRows,
  settings: ContrastiveSettings,
  {
    seed,
    isCached,
    limits,
    segmentIds,
  }: {
    readonly seed: number;
    readonly isCached: boolean;
    readonly limits: PackingLimits;
    readonly segmentIds: (ids: Int32Array) => Int32Array;
  },
): BatchMaker {
  const { method, hardNegatives, masksSameCategory, batchSize } = settings;
  const count = rows.offsets.length - 1;
  const categories = method === 'pie' ? rows.categories : null;
  const mine = categories ? tripletMiner(categories) : sameText;
  const groups = categories && masksSameCategory ? numbers(categories.map(({ category }) => category)) : null;
  const none = new Uint32Array(0);
  const data = {
    tokens: { rowIds: none, ids: rows.ids, offsets: rows.offsets },
    split: { train: none, validation: none, test: none },
    labels: [],
    targetOffsets: none,
    targetIds: none,
  };
  const steps = contrastiveStepsPerEpoch(count, batchSize);
  let order: { readonly epoch: number; readonly rows: Uint32Array } | null = null;

  return (epoch, step) => {
    if (order?.epoch !== epoch)
      order = {
        epoch,
        rows: random(seed, orderSalt, epoch).shuffle(Uint32Array.from({ length: count }, (_, row) => row)),
      };
    const draw = random(seed, drawSalt, epoch, step);
    const anchors = order.rows.subarray(step * batchSize, Math.min(count, (step + 1) * batchSize));
    if (step >= steps || anchors.length === 0) throw new Error(`Epoch ${epoch} has no step ${step}.`);
    const triplets = Array.from(anchors, (anchor) => mine(anchor, draw));
    const withNegatives = categories !== null && hardNegatives;
    const batchRows = Uint32Array.from([
      ...triplets.map(({ anchor }) => anchor),
      ...triplets.map(({ positive }) => positive),
      ...(withNegatives ? triplets.map(({ negative }) => negative) : []),
    ]);
    const positives = new Int32Array(batchRows.length).fill(-1);
    triplets.forEach((_, i) => (positives[i] = triplets.length + i));
    const all = Array.from(batchRows, (_, at) => at);
    const parts = isCached ? planEvaluation(batchRows, rows.offsets, limits) : [all];
    return {
      positives,
      groups: Uint32Array.from(batchRows, (row) => groups?.[row] ?? 0),
      parts: parts.map((part) => ({
        rows: part,
        packed: packBatch(
          data,
          part.map((at) => batchRows[at] as number),
          segmentIds,
          false,
        ),
      })),
      pairs: triplets.map((_, i) => [i, triplets.length + i]),
      tokens: batchRows.reduce(
        (sum, row) => sum + (rows.offsets[row + 1] as number) - (rows.offsets[row] as number),
        0,
      ),
      hardShare: withNegatives
        ? triplets.filter(({ source }) => source !== 'random').length / triplets.length
        : 0,
    };
  };
}

/** SimCSE: a text is its own positive; what tells the two apart is dropout. */
const sameText: TripletMiner = (anchor): Triplet => ({
  anchor,
  positive: anchor,
  negative: anchor,
  source: 'random',
});

/** Numbers from 1 in order of appearance. */
function numbers(names: readonly string[]): Uint32Array {
  const known = new Map<string, number>();
  return Uint32Array.from(names, (name) => {
    const number = known.get(name) ?? known.size + 1;
    known.set(name, number);
    return number;
  });
}
