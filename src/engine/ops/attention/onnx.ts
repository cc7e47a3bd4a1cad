import type { Node, Tensor } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { groupCount, unpadded } from '../../onnx/paddedSequences.ts';
import type { AttentionOptions } from './options.ts';
import { PaddedAttention } from './paddedAttention.ts';
import { backwardTensors, forwardTensors } from './tensors.ts';

export function attentionOnnx(node: Node, emit: OnnxEmitter, options: AttentionOptions): void {
  const groups = groupsOf(node, emit, options);
  const { blocks, o, logSumExp } = forwardTensors(node, options);
  const outputs = groups.map((group) =>
    group.headsLast(group.rows(emit.emit('MatMul', [group.dropped(), group.v()]))),
  );
  emit.bind(o, unpadded(emit, blocks, outputs));

  // Read by nobody here (the backward pass keeps the probabilities), so these operators are dropped, unless it is an output.
  const axis = emit.constant([-1], [1], 'i64');
  const sums = groups.map((group) => {
    const sum = emit.emit('ReduceLogSumExp', [group.scores(), axis], { keepdims: 1 });
    return group.headsLast(group.rows(sum), 1);
  });
  emit.bind(logSumExp, unpadded(emit, blocks, sums));
}

export function attentionGradientOnnx(node: Node, emit: OnnxEmitter, options: AttentionOptions): void {
  const t = backwardTensors(node, options);
  const gradients = groupsOf(node, emit, options).map((group) => gradientOfGroup(group, t.dO, emit, options));
  const total = (pick: (relative: RelativeGradient) => readonly string[]) =>
    gradients
      .flatMap(({ relative }) => (relative ? pick(relative) : []))
      .reduce((sum, value) => emit.emit('Add', [sum, value]));
  emit.bind(
    t.dQkv,
    unpadded(
      emit,
      t.blocks,
      gradients.map(({ dQkv }) => dQkv),
    ),
  );
  if (!t.dRelative) return;
  emit.bind(
    t.dRelative.dR,
    total(({ dR }) => [dR]),
  );
  emit.bind(
    t.dRelative.dBiases,
    total(({ dBiases }) => [dBiases]),
  );
  emit.bind(
    t.dRelative.dSegment,
    options.relative?.segments
      ? total(({ dSegmentEmbedding }) => (dSegmentEmbedding ? [dSegmentEmbedding] : []))
      : zeros(emit, [2, options.heads * options.headSize]),
  );
}

function zeros(emit: OnnxEmitter, shape: readonly [number, number]): string {
  return emit.constant(
    Array.from({ length: shape[0] * shape[1] }, () => 0),
    shape,
    'f32',
  );
}

function groupsOf(node: Node, emit: OnnxEmitter, options: AttentionOptions): PaddedAttention[] {
  const tensors = forwardTensors(node, options);
  return Array.from({ length: groupCount }, (_, group) => new PaddedAttention(tensors, emit, options, group));
}

interface GroupGradient {
  /** `[B·S, 3·W]` */
  readonly dQkv: string;
  readonly relative: RelativeGradient | null;
}

interface RelativeGradient {
  /** `[R, W]` */
  readonly dR: string;
  /** `[3, W]` */
  readonly dBiases: string;
  /** `[2, W]`; null without segments. */
  readonly dSegmentEmbedding: string | null;
}

/** Follows docs/kernels.md with `g = p (dP - sum_j p dP)`, its factor s carried by the scaled queries and by dq. */
function gradientOfGroup(
  group: PaddedAttention,
  dO: Tensor,
  emit: OnnxEmitter,
  options: AttentionOptions,
): GroupGradient {
  const { mul, matmul, sum, transposed } = shorthand(emit);
  const dOut = group.fromPacked(dO);
  const dValues = matmul(transposed(group.dropped(), 4), dOut);
  const dDropped = matmul(dOut, transposed(group.v(), 4));
  const p = group.probabilities();
  const pdp = mul(p, options.rate > 0 ? mul(dDropped, group.dropoutMask()) : dDropped);
  const g = emit.emit('Sub', [pdp, mul(p, sum(pdp, -1, 1))]);
  const dContent = group.rows(matmul(g, group.k()));
  const dKeys = matmul(transposed(g, 4), group.block(group.query(0)));
  const relative = options.relative ? relativeGradient(group, g, dContent, emit, options) : null;

  const scale = emit.constant([1 / Math.sqrt(options.headSize)], [], 'f32');
  const dQuery = mul(relative?.dQuery ?? dContent, scale);
  const parts = [dQuery, group.rows(dKeys), group.rows(dValues)].map((part) => group.headsLast(part));
  return { dQkv: emit.emit('Concat', parts, { axis: 1 }), relative };
}

/** What the position and segment terms add: their own gradients, and the sum of all three terms' dq before its factor s. */
function relativeGradient(
  group: PaddedAttention,
  g: string,
  dContent: string,
  emit: OnnxEmitter,
  { heads, headSize, relative }: AttentionOptions,
): RelativeGradient & { readonly dQuery: string } {
  const { mul, add, matmul, sum, transposed } = shorthand(emit);
  const gByDistance = group.directed(group.unshifted(g));
  const dPosition = matmul(gByDistance, group.r());
  const dR = matmul(transposed(gByDistance, 3), group.query(1));
  let dQuery = add(dContent, dPosition);
  let dSegmentBias = zeros(emit, [heads, headSize]);
  let dSegmentEmbedding: string | null = null;
  if (relative?.segments) {
    // The rows of g sum to zero, so what the differing segments take, the equal ones give: one number for both.
    const gDiffering = group.rows(sum(mul(g, group.segmentsDiffer()), -1, 1));
    const dSegment = mul(gDiffering, group.segmentDifference());
    dQuery = add(dQuery, dSegment);
    dSegmentBias = sum(dSegment, 1, 0);
    const dDiffering = matmul(transposed(gDiffering, 3), group.query(2));
    dSegmentEmbedding = group.headsLast(
      emit.emit('Concat', [emit.emit('Neg', [dDiffering]), dDiffering], { axis: 1 }),
    );
  }
  const biasRows = [sum(dContent, 1, 0), sum(dPosition, 1, 0), dSegmentBias].map((row) =>
    emit.emit('Reshape', [row, emit.constant([1, heads * headSize], [2], 'i64')]),
  );
  const scale = emit.constant([1 / Math.sqrt(headSize)], [], 'f32');
  return {
    dQuery,
    dR: group.allDistances(group.headsLast(dR)),
    dBiases: mul(emit.emit('Concat', biasRows, { axis: 0 }), scale),
    dSegmentEmbedding,
  };
}

function shorthand(emit: OnnxEmitter) {
  const binary = (opType: string) => (a: string, b: string) => emit.emit(opType, [a, b]);
  return {
    mul: binary('Mul'),
    add: binary('Add'),
    matmul: binary('MatMul'),
    sum: (x: string, axis: number, keepdims: 0 | 1) =>
      emit.emit('ReduceSum', [x, emit.constant([axis], [1], 'i64')], { keepdims }),
    transposed: (x: string, rank: 3 | 4) =>
      emit.emit('Transpose', [x], { perm: rank === 3 ? [0, 2, 1] : [0, 1, 3, 2] }),
  };
}
