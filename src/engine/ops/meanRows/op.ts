import type { Node, Operation, Tensor } from '../../graph/types.ts';
import { sizeIn } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { count, eachElement, groupsOver, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';

const name = 'meanRows';

/**
 * `y[b] = sum over the tokens t of text b of weights[t] · x[t]`: with 1 / n on the n tokens that count, their mean. Inputs: 0 x `[T, d]`;
 * 1 weights `[T]` f32; 2 texts `[T]` u32, ascending: the text of each token; 3 starts `[B]` u32: the first token of each text. Output `[B, d]`.
 */
export function meanRows(): Operation {
  return {
    name,
    infer(inputs) {
      const [rows, width] = matrix(name, inputAt(name, inputs, 0));
      expectShape(name, inputAt(name, inputs, 1), [rows]);
      expectShape(name, inputAt(name, inputs, 2), [rows]);
      const [texts = 'B'] = inputAt(name, inputs, 3).shape;
      return [{ shape: [texts, width], dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      const [x, weights, texts] = node.inputs;
      if (!dy || !x || !weights || !texts) return node.inputs.map(() => null);
      return [graph.one(spreadRows(), [dy, weights, texts], `grad.${x.name}`), null, null, null];
    },
    kernels(node) {
      const y = inputAt(name, node.outputs, 0);
      const [rows, width] = matrix(name, inputAt(name, node.inputs, 0));
      return [
        {
          label: 'mean rows',
          bindings: [
            input('x', inputAt(name, node.inputs, 0)),
            input('weights', inputAt(name, node.inputs, 1)),
            input('texts', inputAt(name, node.inputs, 2), 'u32'),
            input('starts', inputAt(name, node.inputs, 3), 'u32'),
            output('y', y),
          ],
          code: `${eachElement(count(y))}
  let text = i / ${width}u;
  var total = 0.0;
  for (var t = starts[text]; t < ${rows === 'T' ? 'step.T' : `${rows}u`}; t++) {
    if (texts[t] != text) { break; }
    total += weights[t] * x[t * ${width}u + i % ${width}u];
  }
  y[i] = total;
}`,
          workgroups: groupsOver(y),
        },
      ];
    },
    onnx(node, emit) {
      const [x, weights, texts] = operands(node);
      const pooling = membership(emit, node, weights, texts);
      emit.bind(inputAt(name, node.outputs, 0), emit.emit('MatMul', [pooling, emit.value(x)]));
    },
  };
}

function operands(node: Node): [Tensor, Tensor, Tensor] {
  return [0, 1, 2].map((i) => inputAt(name, node.inputs, i)) as [Tensor, Tensor, Tensor];
}

/** `[B, T]` with the weights where a token is of a text. */
function membership(emit: OnnxEmitter, node: Node, weights: Tensor, texts: Tensor): string {
  const [rows = 'T'] = weights.shape;
  const [B = 'B'] = inputAt(name, node.inputs, 3).shape;
  return emit.host(`${name}.${weights.name}.${texts.name}`, 'f32', [B, rows], (feed) => {
    const [height, width] = [sizeIn(B, feed.dims), sizeIn(rows, feed.dims)];
    const data = new Float32Array(height * width);
    const given = feed.tensors.get(weights.name);
    feed.tensors.get(texts.name)?.forEach((text, t) => (data[text * width + t] = given?.[t] ?? 0));
    return { data, shape: [height, width] };
  });
}

/** `x[t] = weights[t] · y[texts[t]]` */
function spreadRows(): Operation {
  const spread = 'spreadRows';
  return {
    name: spread,
    infer(inputs) {
      const [, width] = matrix(spread, inputAt(spread, inputs, 0));
      const [rows = 'T'] = inputAt(spread, inputs, 1).shape;
      return [{ shape: [rows, width], dtype: 'f32' }];
    },
    gradient: noGradient(spread),
    kernels(node): KernelCall[] {
      const x = inputAt(spread, node.outputs, 0);
      const [, width] = matrix(spread, x);
      return [
        {
          label: 'spread rows',
          bindings: [
            input('y', inputAt(spread, node.inputs, 0)),
            input('weights', inputAt(spread, node.inputs, 1)),
            input('texts', inputAt(spread, node.inputs, 2), 'u32'),
            output('x', x),
          ],
          code: `${eachElement(count(x))}
  let t = i / ${width}u;
  x[i] = weights[t] * y[texts[t] * ${width}u + i % ${width}u];
}`,
          workgroups: groupsOver(x),
        },
      ];
    },
    onnx(node, emit) {
      const value = (i: number) => emit.value(inputAt(spread, node.inputs, i));
      const rows = emit.emit('Gather', [value(0), value(2)], { axis: 0 });
      const column = emit.emit('Unsqueeze', [value(1), emit.constant([1], [1], 'i64')]);
      emit.bind(inputAt(spread, node.outputs, 0), emit.emit('Mul', [rows, column]));
    },
  };
}
