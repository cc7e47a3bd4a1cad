import { shapeError } from '../../errors.ts';
import type { Node, Operation } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { count, eachElement, groupsOver, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';

/**
 * `y = silu(gate) · up` (Shazeer 2020), gate and up side by side in x `[rows, 2 n]`, so that both come out of one product. Output `[rows, n]`.
 */
export function swiglu(): Operation {
  const name = 'swiglu';
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      const [rows, width] = matrix(name, x);
      if (width % 2 !== 0) throw shapeError(name, `${x.name} is ${width} wide, which is odd`);
      return [{ shape: [rows, width / 2], dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      const x = inputAt(name, node.inputs, 0);
      return [dy ? graph.one(swigluGradient(), [x, dy], `grad.${x.name}`) : null];
    },
    isCheap: true,
    kernels: forwardKernels,
    onnx: forwardOnnx,
  };
}

/** `dGate = dy · up · silu'(gate)`, `dUp = dy · silu(gate)`. */
function swigluGradient(): Operation {
  const name = 'swigluGradient';
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      const [rows, width] = matrix(name, x);
      expectShape(name, inputAt(name, inputs, 1), [rows, width / 2]);
      return [{ shape: x.shape, dtype: 'f32' }];
    },
    gradient: noGradient(name),
    kernels: gradientKernels,
    onnx: gradientOnnx,
  };
}

function forwardKernels(node: Node): KernelCall[] {
  const y = inputAt('swiglu', node.outputs, 0);
  const [, n] = matrix('swiglu', y);
  return [
    {
      label: 'swiglu',
      bindings: [input('x', inputAt('swiglu', node.inputs, 0)), output('y', y)],
      code: `${eachElement(count(y))}
  let at = i / ${n}u * ${2 * n}u + i % ${n}u;
  let gate = x[at];
  y[i] = gate / (1.0 + exp(-gate)) * x[at + ${n}u];
}`,
      workgroups: groupsOver(y),
    },
  ];
}

function gradientKernels(node: Node): KernelCall[] {
  const dy = inputAt('swigluGradient', node.inputs, 1);
  const [, n] = matrix('swigluGradient', dy);
  return [
    {
      label: 'swiglu gradient',
      bindings: [
        input('x', inputAt('swigluGradient', node.inputs, 0)),
        input('dy', dy),
        output('dx', inputAt('swigluGradient', node.outputs, 0)),
      ],
      code: `${eachElement(count(dy))}
  let at = i / ${n}u * ${2 * n}u + i % ${n}u;
  let gate = x[at];
  let s = 1.0 / (1.0 + exp(-gate));
  dx[at] = dy[i] * x[at + ${n}u] * s * (1.0 + gate * (1.0 - s));
  dx[at + ${n}u] = dy[i] * gate * s;
}`,
      workgroups: groupsOver(dy),
    },
  ];
}

/** gate, up and sigmoid(gate), made once for both passes. */
function halves(emit: OnnxEmitter, x: string, n: number): readonly [gate: string, up: string, s: string] {
  const made = emit.memo(`swiglu.${x}`, () => {
    const [gate = '', up = ''] = emit.emitMany('Split', [x, emit.constant([n, n], [2], 'i64')], 2, {
      axis: 1,
    });
    return [gate, up, emit.emit('Sigmoid', [gate])].join('\n');
  });
  const [gate = '', up = '', s = ''] = made.split('\n');
  return [gate, up, s];
}

function forwardOnnx(node: Node, emit: OnnxEmitter): void {
  const y = inputAt('swiglu', node.outputs, 0);
  const [, n] = matrix('swiglu', y);
  const [gate, up, s] = halves(emit, emit.value(inputAt('swiglu', node.inputs, 0)), n);
  emit.bind(y, emit.emit('Mul', [emit.emit('Mul', [gate, s]), up]));
}

function gradientOnnx(node: Node, emit: OnnxEmitter): void {
  const dy = inputAt('swigluGradient', node.inputs, 1);
  const [, n] = matrix('swigluGradient', dy);
  const [gate, up, s] = halves(emit, emit.value(inputAt('swigluGradient', node.inputs, 0)), n);
  const mul = (a: string, b: string) => emit.emit('Mul', [a, b]);
  const one = emit.constant([1], [], 'f32');
  // s (1 + gate (1 - s))
  const slope = mul(s, emit.emit('Add', [one, mul(gate, emit.emit('Sub', [one, s]))]));
  const d = emit.value(dy);
  const dx = emit.emit('Concat', [mul(mul(d, up), slope), mul(d, mul(gate, s))], { axis: 1 });
  emit.bind(inputAt('swigluGradient', node.outputs, 0), dx);
}
