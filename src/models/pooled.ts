import type { Pooling } from '../core/embedding/pooling.ts';
import { differentiate } from '../engine/graph/autodiff.ts';
import type { Tensor } from '../engine/graph/types.ts';
import { add } from '../engine/ops/add/op.ts';
import { infoNCE } from '../engine/ops/infoNCE/op.ts';
import { meanRows } from '../engine/ops/meanRows/op.ts';
import { takeRows } from '../engine/ops/takeRows/op.ts';
import { weightedSum } from '../engine/ops/weightedSum/op.ts';
import { assertGroups, trains } from './adapters/trainedParts.ts';
import type { PooledOptions, VectorLoss } from './family.ts';
import type { ModelContext } from './layers.ts';

/** Hidden states `[T, d]`. `isNarrowed`: `last` is already `[B, d]`, the one token a text that pooling reads. */
export interface PooledStates {
  readonly last: Tensor;
  readonly beforeLast: Tensor;
  readonly isNarrowed: boolean;
}

/** The graph inputs beside the encoder's own: see `pooledFeed`, `meanRows` and `infoNCE`. */
export const pooledInputs = {
  rows: 'pooledRows',
  weights: 'tokenWeights',
  texts: 'tokenTexts',
  starts: 'textStarts',
  positives: 'positives',
  groups: 'groups',
  gradients: 'vectorGradients',
} as const;

/**
 * Names `vectors` `[B, d]`, not normalised, and under a loss adds it as `loss` with every gradient. `last-two-layers` gives the sum of
 * both layers, twice the mean: cosines do not tell them apart.
 */
export function finishEmbedder(context: ModelContext, states: PooledStates, options: PooledOptions): void {
  const { graph, trained } = context;
  const vectors = pooledVectors(context, states, options.pooling);
  graph.output('vectors', vectors);
  if (!options.loss) return;
  const loss = vectorLoss(context, vectors, options.loss);
  graph.output('loss', loss);
  assertGroups(trained, graph.parameterList);
  differentiate(graph, loss, (parameter) => trains(trained, parameter));
}

function pooledVectors(
  { graph }: ModelContext,
  { last, beforeLast, isNarrowed }: PooledStates,
  pooling: Pooling,
): Tensor {
  if (isNarrowed) return last;
  if (pooling === 'mean') {
    const inputs = [
      last,
      graph.input(pooledInputs.weights, ['T'], 'f32'),
      graph.input(pooledInputs.texts, ['T'], 'u32'),
      graph.input(pooledInputs.starts, ['B'], 'u32'),
    ];
    return graph.one(meanRows(), inputs, 'vectors');
  }
  const rows = graph.input(pooledInputs.rows, ['B'], 'u32');
  const taken = (states: Tensor, name: string) => graph.one(takeRows(), [states, rows], name);
  if (pooling !== 'last-two-layers') return taken(last, 'vectors');
  return graph.one(add(), [taken(last, 'vectors.last'), taken(beforeLast, 'vectors.beforeLast')], 'vectors');
}

function vectorLoss({ graph }: ModelContext, vectors: Tensor, loss: VectorLoss): Tensor {
  if (loss.kind === 'given')
    return graph.one(
      weightedSum(),
      [vectors, graph.input(pooledInputs.gradients, vectors.shape, 'f32')],
      'loss',
    );
  const inputs = [
    vectors,
    graph.input(pooledInputs.positives, ['B'], 'i32'),
    graph.input(pooledInputs.groups, ['B'], 'u32'),
  ];
  return graph.one(infoNCE(loss.temperature), inputs, 'loss');
}

/** What pooling reads of a packed batch; every token counts in a mean, as it does where vectors are made (`pool`). */
export function pooledFeed(offsets: Uint32Array, pooling: Pooling): Map<string, Float32Array | Uint32Array> {
  const count = offsets.length - 1;
  const starts = offsets.slice(0, -1);
  if (pooling !== 'mean') {
    const rows =
      pooling === 'first' ? starts : Uint32Array.from({ length: count }, (_, b) => end(offsets, b) - 1);
    return new Map([[pooledInputs.rows, rows]]);
  }
  const weights = new Float32Array(end(offsets, count - 1));
  const texts = new Uint32Array(weights.length);
  for (let b = 0; b < count; b++) {
    const [from, to] = [offsets[b] as number, end(offsets, b)];
    weights.fill(1 / (to - from), from, to);
    texts.fill(b, from, to);
  }
  return new Map<string, Float32Array | Uint32Array>([
    [pooledInputs.weights, weights],
    [pooledInputs.texts, texts],
    [pooledInputs.starts, starts],
  ]);
}

function end(offsets: Uint32Array, text: number): number {
  return offsets[text + 1] as number;
}
