import { sizeIn, type Node } from '../../graph/types.ts';
import type { Feed } from '../../session.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

const name = 'infoNCE';
/** Far below any cosine over a temperature: `exp` of it is 0, and adding it to a logit keeps it finite. */
const excluded = -1e9;

/** The same over whole matrices; what counts as a candidate comes from the host as `[B, B]`. */
export function infoNceOnnx(node: Node, emit: OnnxEmitter, temperature: number): void {
  const [vectors, positives, groups] = [0, 1, 2].map((i) => inputAt(name, node.inputs, i)) as [
    Node['inputs'][number],
    Node['inputs'][number],
    Node['inputs'][number],
  ];
  const [rows = 'B'] = vectors.shape;
  const host = (kind: keyof PairTables) =>
    emit.host(`${name}.${kind}.${positives.name}.${groups.name}`, 'f32', [rows, rows], (feed) => ({
      data: pairTables(feed, positives.name, groups.name)[kind],
      shape: [sizeIn(rows, feed.dims), sizeIn(rows, feed.dims)],
    }));
  const scalar = (value: number) => emit.constant([value], [1], 'f32');
  const axis = emit.constant([1], [1], 'i64');
  const v = emit.value(vectors);
  const squares = emit.emit('ReduceSum', [emit.emit('Mul', [v, v]), axis], { keepdims: 1 });
  const isZero = emit.emit('LessOrEqual', [squares, scalar(0)]);
  const inverse = emit.emit('Where', [
    isZero,
    scalar(0),
    emit.emit('Div', [scalar(1), emit.emit('Sqrt', [emit.emit('Where', [isZero, scalar(1), squares])])]),
  ]);
  const unit = emit.emit('Mul', [v, inverse]);
  const cosines = emit.emit('MatMul', [unit, emit.emit('Transpose', [unit], { perm: [1, 0] })]);
  const logits = emit.emit('Add', [emit.emit('Mul', [cosines, scalar(1 / temperature)]), host('barred')]);
  const isPositive = host('positive');
  const isAnchor = emit.emit('ReduceSum', [isPositive, axis], { keepdims: 1 });
  const logProbabilities = emit.emit('LogSoftmax', [logits], { axis: 1 });
  const rowLosses = emit.emit('Neg', [
    emit.emit('ReduceSum', [emit.emit('Mul', [logProbabilities, isPositive]), axis], { keepdims: 0 }),
  ]);
  const scale = emit.host('lossScale', 'f32', [1], (feed) => ({
    data: Float32Array.of(feed.lossScale),
    shape: [1],
  }));
  const sum = emit.emit('ReduceSum', [emit.emit('Mul', [rowLosses, scale])], { keepdims: 0 });
  const error = emit.emit('Sub', [
    emit.emit('Mul', [emit.emit('Exp', [logProbabilities]), isAnchor]),
    isPositive,
  ]);
  const weights = emit.emit('Mul', [error, emit.emit('Mul', [scale, scalar(1 / temperature)])]);
  const both = emit.emit('Add', [weights, emit.emit('Transpose', [weights], { perm: [1, 0] })]);
  const toUnit = emit.emit('MatMul', [both, unit]);
  const along = emit.emit('ReduceSum', [emit.emit('Mul', [toUnit, unit]), axis], { keepdims: 1 });
  const across = emit.emit('Sub', [toUnit, emit.emit('Mul', [along, unit])]);
  const outputs = [
    emit.emit('Reshape', [sum, emit.constant([1], [1], 'i64')]),
    emit.emit('Mul', [across, inverse]),
    weights,
    emit.emit('Squeeze', [inverse, axis]),
    rowLosses,
  ];
  outputs.forEach((value, i) => emit.bind(inputAt(name, node.outputs, i), value));
}

interface PairTables {
  /** 0 where a pair counts, else far below any logit. */
  readonly barred: Float32Array;
  /** 1 at each anchor's positive. */
  readonly positive: Float32Array;
}

const tables = new WeakMap<Feed, PairTables>();

function pairTables(feed: Feed, positivesName: string, groupsName: string): PairTables {
  const known = tables.get(feed);
  if (known) return known;
  const positives = feed.tensors.get(positivesName) ?? new Int32Array();
  const groups = feed.tensors.get(groupsName) ?? new Uint32Array();
  const n = positives.length;
  const barred = new Float32Array(n * n);
  const positive = new Float32Array(n * n);
  for (let a = 0; a < n; a++) {
    const own = positives[a] as number;
    // Rows that are no anchors get a softmax over everything, which is then multiplied by zero.
    if (own < 0) continue;
    const group = groups[a] as number;
    for (let c = 0; c < n; c++) {
      const counts = (positives[c] as number) < 0 && (group === 0 || group !== groups[c]);
      barred[a * n + c] = counts ? 0 : excluded;
    }
    barred[a * n + own] = 0;
    positive[a * n + own] = 1;
  }
  const made = { barred, positive };
  tables.set(feed, made);
  return made;
}
