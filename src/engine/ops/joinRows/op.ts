import type { Node, Operation } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { count, eachElement, groupsOver, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { expectShape, inputAt, matrix } from '../check.ts';
import { takeRows } from '../takeRows/op.ts';

const name = 'joinRows';

/**
 * Rows of memory among the tokens: `y[n] = own[s]` where `s = sources[n]` is below T, else `memory[s - T]`. Inputs: 0 own `[T, d]`;
 * 1 memory `[M, d]`; 2 sources `[N]` u32, every own row once; 3 ownRows `[T]` u32: the row of y that holds each own row. Output `[N, d]`.
 * Memory gets no gradient (Dai et al. 2019, section 3.2: the stop-gradient).
 */
export function joinRows(): Operation {
  return {
    name,
    infer(inputs) {
      const [, width] = matrix(name, inputAt(name, inputs, 0));
      const shapes = [['T', width], ['M', width], ['N'], ['T']] as const;
      shapes.forEach((shape, i) => expectShape(name, inputAt(name, inputs, i), shape));
      return [{ shape: ['N', width], dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      if (!dy) return node.inputs.map(() => null);
      const own = inputAt(name, node.inputs, 0);
      const dOwn = graph.one(takeRows(), [dy, inputAt(name, node.inputs, 3)], `grad.${own.name}`);
      return [dOwn, null, null, null];
    },
    kernels: joinRowsKernels,
    onnx: joinRowsOnnx,
  };
}

function joinRowsKernels(node: Node): KernelCall[] {
  const y = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, y);
  return [
    {
      label: 'join rows',
      bindings: [
        input('own', inputAt(name, node.inputs, 0)),
        input('memory', inputAt(name, node.inputs, 1)),
        input('sources', inputAt(name, node.inputs, 2), 'u32'),
        output('y', y),
      ],
      code: `${eachElement(count(y))}
  let row = sources[i / ${width}u];
  let column = i % ${width}u;
  if (row < step.T) { y[i] = own[row * ${width}u + column]; } else { y[i] = memory[(row - step.T) * ${width}u + column]; }
}`,
      workgroups: groupsOver(y),
    },
  ];
}

function joinRowsOnnx(node: Node, emit: OnnxEmitter): void {
  const value = (i: number) => emit.value(inputAt(name, node.inputs, i));
  const both = emit.emit('Concat', [value(0), value(1)], { axis: 0 });
  emit.bind(inputAt(name, node.outputs, 0), emit.emit('Gather', [both, value(2)], { axis: 0 }));
}
