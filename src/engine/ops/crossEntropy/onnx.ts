import { sizeIn, type Node, type Tensor } from '../../graph/types.ts';
import { reshaped, type HostValue, type OnnxDType, type OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

/** What the host makes of targets: for each row its class (0 where it does not count) as an index, and 1 or 0, both `[rows, 1]`. */
function targetValues(emit: OnnxEmitter, targets: Tensor) {
  const [rows = 1] = targets.shape;
  const host = (key: string, dtype: OnnxDType, data: (of: readonly number[]) => HostValue['data']) =>
    emit.host(`crossEntropy.${targets.name}.${key}`, dtype, [`${targets.name}.rows`, 1], (feed) => {
      const fed = [...(feed.tensors.get(targets.name) ?? [])];
      const size = sizeIn(rows, feed.dims);
      return { data: data(Array.from({ length: size }, (_, i) => fed[i] ?? -1)), shape: [size, 1] };
    });
  return {
    index: host('index', 'i64', (of) => BigInt64Array.from(of, (target) => BigInt(Math.max(0, target)))),
    counts: host('counts', 'f32', (of) => Float32Array.from(of, (target) => (target >= 0 ? 1 : 0))),
  };
}

function lossScale(emit: OnnxEmitter): string {
  return emit.host('lossScale', 'f32', [1], (feed) => ({
    data: Float32Array.of(feed.lossScale),
    shape: [1],
  }));
}

export function crossEntropyOnnx(node: Node, emit: OnnxEmitter): void {
  const name = 'crossEntropy';
  const z = emit.value(inputAt(name, node.inputs, 0));
  const { index, counts } = targetValues(emit, inputAt(name, node.inputs, 1));
  const axis = emit.constant([1], [1], 'i64');
  const top = emit.emit('ReduceMax', [z, axis], { keepdims: 1 });
  const shifted = emit.emit('Exp', [emit.emit('Sub', [z, top])]);
  const sum = emit.emit('ReduceSum', [shifted, axis], { keepdims: 1 });
  const all = emit.emit('Add', [top, emit.emit('Log', [sum])]);
  const own = emit.emit('GatherElements', [z, index], { axis: 1 });
  const rows = emit.emit('Mul', [emit.emit('Sub', [all, own]), counts]);
  const scaled = emit.emit('Mul', [rows, lossScale(emit)]);
  const total = emit.emit('ReduceSum', [scaled], { keepdims: 0 });
  emit.bind(inputAt(name, node.outputs, 0), reshaped(emit, total, [1]));
  emit.bind(inputAt(name, node.outputs, 1), reshaped(emit, all, [-1]));
  emit.bind(inputAt(name, node.outputs, 2), reshaped(emit, rows, [-1]));
}

export function crossEntropyGradientOnnx(node: Node, emit: OnnxEmitter): void {
  const name = 'crossEntropyGradient';
  const z = emit.value(inputAt(name, node.inputs, 0));
  const { index, counts } = targetValues(emit, inputAt(name, node.inputs, 1));
  const all = reshaped(emit, emit.value(inputAt(name, node.inputs, 2)), [-1, 1]);
  const p = emit.emit('Exp', [emit.emit('Sub', [z, all])]);
  const own = emit.emit('GatherElements', [p, index], { axis: 1 });
  const less = emit.emit('Sub', [own, emit.constant([1], [], 'f32')]);
  const error = emit.emit('ScatterElements', [p, index, less], { axis: 1 });
  const weight = emit.emit('Mul', [counts, lossScale(emit)]);
  emit.bind(inputAt(name, node.outputs, 0), emit.emit('Mul', [error, weight]));
}
