import type { Node } from '../../graph/types.ts';
import {
  count,
  eachElement,
  folded,
  groupsOver,
  input,
  output,
  size,
  sizeIn,
  store,
  type KernelCall,
} from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';

/**
 * Two dispatches: a workgroup a row finds its log-sum-exp, the greatest logit first; then one workgroup adds the rows in order.
 */
export function crossEntropyKernels(node: Node): KernelCall[] {
  const name = 'crossEntropy';
  const logits = inputAt(name, node.inputs, 0);
  const [rows, classes] = matrix(name, logits);
  const loss = inputAt(name, node.outputs, 0);
  const rowLoss = inputAt(name, node.outputs, 2);
  return [
    {
      label: 'cross-entropy, rows',
      bindings: [
        input('logits', logits),
        input('targets', inputAt(name, node.inputs, 1), 'i32'),
        output('logSumExp', inputAt(name, node.outputs, 1)),
        output('rowLoss', rowLoss),
      ],
      code: `
var<workgroup> scratch: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= ${size(rows)}) { return; }
  let base = row * ${classes}u;
  var m = -3.0e38;
  for (var c = lane; c < ${classes}u; c += 64u) { m = max(m, logits[base + c]); }
  scratch[lane] = m;
  workgroupBarrier();
  for (var k = 0u; k < 64u; k++) { m = max(m, scratch[k]); }
  workgroupBarrier();
  var sum = 0.0;
  for (var c = lane; c < ${classes}u; c += 64u) { sum += exp(logits[base + c] - m); }
  scratch[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var k = 0u; k < 64u; k++) { total += scratch[k]; }
    let all = m + log(total);
    logSumExp[row] = all;
    let target_ = targets[row];
    rowLoss[row] = select(0.0, all - logits[base + u32(max(target_, 0))], target_ >= 0);
  }
}`,
      workgroups: (dims) => folded(sizeIn(rows, dims)),
    },
    {
      label: 'cross-entropy, sum',
      bindings: [input('rowLoss', rowLoss), output('loss', loss)],
      code: `
var<workgroup> partial: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < ${size(rows)}; i += 256u) { sum += rowLoss[i]; }
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

export function crossEntropyGradientKernels(node: Node): KernelCall[] {
  const name = 'crossEntropyGradient';
  const logits = inputAt(name, node.inputs, 0);
  const [, classes] = matrix(name, logits);
  return [
    {
      label: 'cross-entropy gradient',
      bindings: [
        input('logits', logits),
        input('targets', inputAt(name, node.inputs, 1), 'i32'),
        input('logSumExp', inputAt(name, node.inputs, 2)),
        output('dz', inputAt(name, node.outputs, 0)),
      ],
      code: `${eachElement(count(logits))}
  let row = i / ${classes}u;
  let target_ = targets[row];
  let p = exp(logits[i] - logSumExp[row]);
  dz[i] = select(0.0, step.lossScale * (p - select(0.0, 1.0, i32(i % ${classes}u) == target_)), target_ >= 0);
}`,
      workgroups: groupsOver(logits),
    },
  ];
}
