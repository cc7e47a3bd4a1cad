import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';
import type { ActivationKind } from './options.ts';

export function activationOnnx(node: Node, emit: OnnxEmitter, kind: ActivationKind): void {
  const x = emit.value(inputAt('activation', node.inputs, 0));
  const y =
    kind === 'relu' || kind === 'tanh' ? gateOf(emit, x, kind) : emit.emit('Mul', [x, gateOf(emit, x, kind)]);
  emit.bind(inputAt('activation', node.outputs, 0), y);
}

export function activationGradientOnnx(node: Node, emit: OnnxEmitter, kind: ActivationKind): void {
  const x = emit.value(inputAt('activationGradient', node.inputs, 0));
  const dy = emit.value(inputAt('activationGradient', node.inputs, 1));
  const slope = derivative(emit, x, gateOf(emit, x, kind), kind);
  emit.bind(inputAt('activationGradient', node.outputs, 0), emit.emit('Mul', [dy, slope]));
}

/** What both passes need, made once: `y` itself for relu and tanh, else the factor in `y = x · gate(x)`. */
function gateOf(emit: OnnxEmitter, x: string, kind: ActivationKind): string {
  return emit.memo(`activation.${kind}.${x}`, () => {
    const number = (value: number) => emit.constant([value], [], 'f32');
    const half = (value: string) => emit.emit('Mul', [emit.emit('Add', [value, number(1)]), number(0.5)]);
    switch (kind) {
      case 'relu':
        return emit.emit('Relu', [x]);
      case 'tanh':
        return emit.emit('Tanh', [x]);
      case 'silu':
        return emit.emit('Sigmoid', [x]);
      case 'gelu':
        return half(emit.emit('Erf', [emit.emit('Mul', [x, number(Math.SQRT1_2)])]));
      case 'gelu_new': {
        const cubic = emit.emit('Add', [
          emit.emit('Mul', [emit.emit('Mul', [x, x]), number(tanhCubic)]),
          number(1),
        ]);
        const inner = emit.emit('Mul', [emit.emit('Mul', [x, cubic]), number(tanhScale)]);
        return half(emit.emit('Tanh', [inner]));
      }
    }
  });
}

const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

/** `dy / dx` from x and the gate. */
function derivative(emit: OnnxEmitter, x: string, gate: string, kind: ActivationKind): string {
  const number = (value: number) => emit.constant([value], [], 'f32');
  const mul = (a: string, b: string) => emit.emit('Mul', [a, b]);
  const add = (a: string, b: string) => emit.emit('Add', [a, b]);
  const complement = (value: string) => emit.emit('Sub', [number(1), value]);
  switch (kind) {
    case 'relu':
      return emit.emit('Sign', [gate]);
    case 'tanh':
      return complement(mul(gate, gate));
    case 'silu':
      // s + x s (1 - s)
      return mul(gate, add(mul(x, complement(gate)), number(1)));
    case 'gelu': {
      // Φ(x) + x φ(x)
      const density = emit.emit('Exp', [mul(mul(x, x), number(-0.5))]);
      return add(gate, mul(mul(x, density), number(1 / Math.sqrt(2 * Math.PI))));
    }
    case 'gelu_new': {
      // With gate = (1 + t) / 2: (1 - t²) / 2 = 2 gate (1 - gate), and the inner derivative is c (1 + 3 a x²).
      const inner = add(mul(mul(x, x), number(3 * tanhCubic * tanhScale)), number(tanhScale));
      return add(gate, mul(mul(mul(x, inner), mul(gate, complement(gate))), number(2)));
    }
  }
}
