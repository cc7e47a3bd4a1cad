import type { Node } from '../../graph/types.ts';
import { count, input, output, store, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';

/** One workgroup for all rows × labels: small beside any layer, and a fixed order of summation. */
export function bceKernels(node: Node): KernelCall[] {
  const name = 'bceWithLogits';
  const logits = inputAt(name, node.inputs, 0);
  const loss = inputAt(name, node.outputs, 0);
  const gradient = inputAt(name, node.outputs, 1);
  return [
    {
      label: 'binary cross-entropy',
      bindings: [
        input('logits', logits),
        input('targets', inputAt(name, node.inputs, 1)),
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
    sum += max(z, 0.0) - z * y + log(1.0 + exp(-abs(z)));
    gradient[i] = step.lossScale * (1.0 / (1.0 + exp(-z)) - y);
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
