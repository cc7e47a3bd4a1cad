import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { groupCount, unpadded } from '../../onnx/paddedSequences.ts';
import { inputAt } from '../check.ts';
import type { RelativeAttentionOptions } from './op.ts';
import { PaddedAttention } from './paddedAttention.ts';

const name = 'relativeAttention';

export function relativeAttentionOnnx(
  node: Node,
  emit: OnnxEmitter,
  options: RelativeAttentionOptions,
): void {
  const groups = groupsOf(node, emit, options);
  const blocks = inputAt(name, node.inputs, 5);
  const outputs = groups.map((group) =>
    group.headsLast(group.rows(emit.emit('MatMul', [group.dropped(), group.v()]))),
  );
  emit.bind(inputAt(name, node.outputs, 0), unpadded(emit, blocks, outputs));

  // Read by nobody here (the backward pass keeps the probabilities), so these operators are dropped, unless it is an output.
  const axis = emit.constant([-1], [1], 'i64');
  const sums = groups.map((group) => {
    const sum = emit.emit('ReduceLogSumExp', [group.scores(), axis], { keepdims: 1 });
    return group.headsLast(group.rows(sum), 1);
  });
  emit.bind(inputAt(name, node.outputs, 1), unpadded(emit, blocks, sums));
}

export function relativeAttentionGradientOnnx(
  node: Node,
  emit: OnnxEmitter,
  options: RelativeAttentionOptions,
): void {
  const width = options.heads * options.headSize;
  const gradients = groupsOf(node, emit, options).map((group) => gradientOfGroup(group, node, emit, options));
  const total = (values: readonly string[]) => values.reduce((sum, value) => emit.emit('Add', [sum, value]));
  const [qkv, r, biases, segment] = [0, 1, 2, 3].map((i) => inputAt(name, node.outputs, i));
  if (qkv)
    emit.bind(
      qkv,
      unpadded(
        emit,
        inputAt(name, node.inputs, 5),
        gradients.map(({ dQkv }) => dQkv),
      ),
    );
  if (r) emit.bind(r, total(gradients.map(({ dR }) => dR)));
  if (biases) emit.bind(biases, total(gradients.map(({ dBiases }) => dBiases)));
  if (!segment) return;
  const rows = gradients.flatMap(({ dSegmentEmbedding }) => dSegmentEmbedding ?? []);
  const zeros = () =>
    emit.constant(
      Array.from({ length: 2 * width }, () => 0),
      [2, width],
      'f32',
    );
  emit.bind(segment, rows.length > 0 ? total(rows) : zeros());
}

function groupsOf(node: Node, emit: OnnxEmitter, options: RelativeAttentionOptions): PaddedAttention[] {
  return Array.from({ length: groupCount }, (_, group) => new PaddedAttention(node, emit, options, group));
}

interface GroupGradient {
  /** `[B·S, 3·W]` */
  readonly dQkv: string;
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
  node: Node,
  emit: OnnxEmitter,
  { heads, headSize, segments, rate }: RelativeAttentionOptions,
): GroupGradient {
  const binary = (opType: string) => (a: string, b: string) => emit.emit(opType, [a, b]);
  const [mul, add, matmul] = [binary('Mul'), binary('Add'), binary('MatMul')];
  const sum = (x: string, axis: number, keepdims: 0 | 1) =>
    emit.emit('ReduceSum', [x, emit.constant([axis], [1], 'i64')], { keepdims });
  const transposed = (x: string, rank: 3 | 4) =>
    emit.emit('Transpose', [x], { perm: rank === 3 ? [0, 2, 1] : [0, 1, 3, 2] });
  const scale = emit.constant([1 / Math.sqrt(headSize)], [], 'f32');

  const dOut = group.fromPacked(inputAt(name, node.inputs, 8));
  const dValues = matmul(transposed(group.dropped(), 4), dOut);
  const dDropped = matmul(dOut, transposed(group.v(), 4));
  const p = group.probabilities();
  const pdp = mul(p, rate > 0 ? mul(dDropped, group.dropoutMask()) : dDropped);
  const g = emit.emit('Sub', [pdp, mul(p, sum(pdp, -1, 1))]);

  const gByDistance = group.unshifted(g);
  const dContent = group.rows(matmul(g, group.k()));
  const dPosition = matmul(gByDistance, group.r());
  const dKeys = matmul(transposed(g, 4), group.block(group.query(0)));
  const dR = matmul(transposed(gByDistance, 3), group.query(1));
  let dQuery = add(dContent, dPosition);
  let dSegmentBias = emit.constant(
    Array.from({ length: heads * headSize }, () => 0),
    [heads, headSize],
    'f32',
  );
  let dSegmentEmbedding: string | null = null;
  if (segments) {
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
  const parts = [mul(dQuery, scale), group.rows(dKeys), group.rows(dValues)].map((part) =>
    group.headsLast(part),
  );
  return {
    dQkv: emit.emit('Concat', parts, { axis: 1 }),
    dR: group.allDistances(group.headsLast(dR)),
    dBiases: mul(emit.emit('Concat', biasRows, { axis: 0 }), scale),
    dSegmentEmbedding,
  };
}
