import { elementCount, type Node } from '../../graph/types.ts';
import { count, folded, input, output, size, sizeIn, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';

export function embeddingKernels(node: Node): KernelCall[] {
  const name = 'embedding';
  const table = inputAt(name, node.inputs, 0);
  const y = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, table);
  return [
    {
      label: 'embedding',
      bindings: [input('table', table), input('ids', inputAt(name, node.inputs, 1), 'i32'), output('y', y)],
      code: `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= ${count(y)}) { return; }
  y[i] = table[u32(ids[i / ${width}u]) * ${width}u + i % ${width}u];
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(y.shape, dims) / 256)),
    },
  ];
}

/**
 * dTable[id] += sum of dy[t] over ids[t] = id. `order` brings equal ids together; the workgroup of a run's first
 * position sums the whole run in order, the others leave at once.
 */
export function embeddingGradientKernels(node: Node): KernelCall[] {
  const name = 'embeddingGradient';
  const ids = inputAt(name, node.inputs, 0);
  const table = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, table);
  const [tokens] = ids.shape;
  return [
    {
      label: 'embedding gradient',
      bindings: [
        input('ids', ids, 'i32'),
        input('order', inputAt(name, node.inputs, 1), 'u32'),
        input('dy', inputAt(name, node.inputs, 2)),
        { name: 'table', tensors: [table], access: 'update', element: 'f32' },
      ],
      zeroed: [table],
      code: `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x;
  let id = ids[order[first]];
  if (first > 0u && ids[order[first - 1u]] == id) { return; }
  for (var c = lane; c < ${width}u; c += 64u) {
    var sum = 0.0;
    for (var p = first; p < ${size(tokens ?? 1)} && ids[order[p]] == id; p++) { sum += dy[order[p] * ${width}u + c]; }
    table[u32(id) * ${width}u + c] += sum;
  }
}`,
      workgroups: (dims) => [sizeIn(tokens ?? 1, dims), 1, 1],
    },
  ];
}
