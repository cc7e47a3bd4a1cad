import { elementCount, type Node, type Tensor } from '../../graph/types.ts';
import { rowParts } from '../../plan/parts.ts';
import { chainCode, isVector, plainChain, type Chain } from '../../webgpu/fusion/chain.ts';
import {
  count,
  eachElement,
  folded,
  groupsOver,
  input,
  output,
  size,
  sizeIn,
  type KernelCall,
  type KernelEnvironment,
} from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';

/** `y[t] = table[ids[t]]`. Of a table that no binding holds, a dispatch a part: each makes the rows whose ids are in it. */
export function embeddingKernels(
  node: Node,
  { maxBindingBytes }: KernelEnvironment,
  chain: Chain = plainChain(inputAt('embedding', node.outputs, 0)),
): KernelCall[] {
  const name = 'embedding';
  const table = inputAt(name, node.inputs, 0);
  const y = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, table);
  const vector = isVector(y);
  const step = vector ? 4 : 1;
  const ids = input('ids', inputAt(name, node.inputs, 1), 'i32');
  return partsOf(table, maxBindingBytes).map(({ binding, rowOf, isElsewhere }): KernelCall => {
    const operands = [{ ...input('table', table, vector ? 'vec4f' : 'f32'), ...binding }, ids];
    const finish = chainCode(chain, vector, operands);
    return {
      label: finish.label ? `embedding, ${finish.label}` : 'embedding',
      bindings: [...operands, ...finish.bindings],
      constants: finish.constants,
      code: `${finish.code}${eachElement(`(${count(y)}) / ${step}u`)}
  let row = i * ${step}u / ${width}u;
  let column = i * ${step}u % ${width}u;
  let id = u32(ids[row]);${isElsewhere('id')}
  finish(table[(${rowOf('id')} * ${width}u + column) / ${step}u], i * ${step}u, column);
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(y.shape, dims) / step / 256)),
    };
  });
}

/** The parts of a table: what to bind, and WGSL for a row in them; no code and no option where it is whole. */
function partsOf(table: Tensor, maxBindingBytes: number | undefined) {
  // A part that does not exist has been refused by the plan; what is planned as an activation is in one buffer.
  const parts = table.kind === 'activation' ? [] : (rowParts(table.shape, maxBindingBytes) ?? []);
  if (parts.length < 2)
    return [{ binding: {}, rowOf: (id: string) => id, isElsewhere: (_id: string) => '', isFirst: true }];
  return parts.map(({ begin, end }, part) => ({
    binding: { part },
    rowOf: (id: string) => `(${id} - ${begin}u)`,
    isElsewhere: (id: string) => `\n  if (${id} < ${begin}u || ${id} >= ${end}u) { return; }`,
    isFirst: part === 0,
  }));
}

/**
 * dTable[id] += sum of dy[t] over ids[t] = id. `order` brings equal ids together; the workgroup of a run's first
 * position sums the whole run in order, the others leave at once. A gradient of its own is cleared by the session before a step; one that
 * is added to another first (a table that is also the head's weight) is cleared here.
 */
export function embeddingGradientKernels(node: Node, { maxBindingBytes }: KernelEnvironment): KernelCall[] {
  const name = 'embeddingGradient';
  const ids = inputAt(name, node.inputs, 0);
  const table = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, table);
  const [tokens] = ids.shape;
  const isScratch = table.kind === 'activation';
  const clear: KernelCall = {
    label: 'clear embedding gradient',
    bindings: [output('table', table)],
    code: `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i < ${count(table)}) { table[i] = 0.0; }
}`,
    workgroups: groupsOver(table),
  };
  return [
    ...(isScratch ? [clear] : []),
    ...partsOf(table, maxBindingBytes).map(({ binding, rowOf, isElsewhere, isFirst }): KernelCall => ({
      label: 'embedding gradient',
      bindings: [
        input('ids', ids, 'i32'),
        input('order', inputAt(name, node.inputs, 1), 'u32'),
        input('dy', inputAt(name, node.inputs, 2)),
        { name: 'table', tensors: [table], access: 'update', element: 'f32', ...binding },
      ],
      zeroed: isScratch || !isFirst ? [] : [table],
      code: `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x;
  let id = ids[order[first]];
  if (first > 0u && ids[order[first - 1u]] == id) { return; }${isElsewhere('u32(id)')}
  for (var c = lane; c < ${width}u; c += 64u) {
    var sum = 0.0;
    for (var p = first; p < ${size(tokens ?? 1)} && ids[order[p]] == id; p++) { sum += dy[order[p] * ${width}u + c]; }
    table[${rowOf('u32(id)')} * ${width}u + c] += sum;
  }
}`,
      workgroups: (dims) => [sizeIn(tokens ?? 1, dims), 1, 1],
    })),
  ];
}
