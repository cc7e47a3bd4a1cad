import type { Node, Tensor } from '../../graph/types.ts';
import { count, input, output, store, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import { lossCell, type Algebra, type LossShape } from './cell.ts';

/** One workgroup for all rows × labels: small beside any layer, and a fixed order of summation. */
export function bceKernels(node: Node, shape: LossShape): KernelCall[] {
  const name = 'bceWithLogits';
  const logits = inputAt(name, node.inputs, 0);
  const loss = inputAt(name, node.outputs, 0);
  const gradient = inputAt(name, node.outputs, 1);
  const weights = node.inputs[2] ?? null;
  return [
    {
      label: 'binary cross-entropy',
      bindings: [
        input('logits', logits),
        input('targets', inputAt(name, node.inputs, 1)),
        ...(weights ? [input('positiveWeights', weights)] : []),
        output('loss', loss),
        output('gradient', gradient),
      ],
      code: `
var<workgroup> partial: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < ${count(logits)}; i += 256u) {
    let z = logits[i];
    let y = targets[i];
${shape.kind === 'bce' && !weights ? plainCell : shapedCell(shape, weights)}
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var k = 0u; k < 256u; k++) { total += partial[k]; }
    ${store(loss, 'loss', '0u', 'step.lossScale * total')}
  }
}`,
      workgroups: () => [1, 1, 1],
    },
  ];
}

const plainCell = `    let tail = exp(-abs(z));
    sum += max(z, 0.0) - z * y + log(1.0 + tail);
    // Of sigmoid and 1 - sigmoid the smaller one, exact even where the other rounds to 1.
    let smaller = tail / (1.0 + tail);
    gradient[i] = step.lossScale * select(smaller - y, (1.0 - y) - smaller, z >= 0.0);`;

/** `lossCell` as one WGSL statement an operation. */
function shapedCell(shape: LossShape, weights: Tensor | null): string {
  const lines: string[] = [];
  const { loss, gradient } = lossCell(
    statements(lines),
    'z',
    'y',
    weights ? `positiveWeights[i % ${count(weights)}]` : null,
    shape,
  );
  return [...lines, `sum += ${loss};`, `gradient[i] = step.lossScale * ${gradient};`]
    .map((line) => `    ${line}`)
    .join('\n');
}

/** Arithmetic that writes itself down: each result is a variable of its own. */
function statements(lines: string[]): Algebra<string> {
  const bind = (expression: string) => {
    const variable = `v${lines.length}`;
    lines.push(`let ${variable} = ${expression};`);
    return variable;
  };
  return {
    constant: (value) => `f32(${value})`,
    add: (a, b) => bind(`${a} + ${b}`),
    subtract: (a, b) => bind(`${a} - ${b}`),
    multiply: (a, b) => bind(`${a} * ${b}`),
    divide: (a, b) => bind(`${a} / ${b}`),
    exp: (a) => bind(`exp(${a})`),
    log: (a) => bind(`log(${a})`),
    abs: (a) => bind(`abs(${a})`),
    relu: (a) => bind(`max(${a}, 0.0)`),
    where: (test, a, b) => bind(`select(${b}, ${a}, ${test} >= 0.0)`),
  };
}
