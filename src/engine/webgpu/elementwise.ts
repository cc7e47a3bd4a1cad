import { elementCount, type Tensor } from '../graph/types.ts';
import { count, folded, input, output, store, type KernelCall } from './kernel.ts';

const threads = 256;

interface Elementwise {
  readonly label: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly output: Tensor;
  /** WGSL expression of the output element from `NAME_` values and the flat scalar index `index`; `V` is f32 or vec4f. */
  readonly expression: (vector: boolean) => string;
  /** WGSL functions, written for the type `V`. */
  readonly helpers?: string;
}

/** A kernel that maps elements of same-shaped tensors to one output, four at a time where the last axis allows. */
export function elementwise({
  label,
  inputs,
  output: result,
  expression,
  helpers = '',
}: Elementwise): KernelCall {
  const last = result.shape.at(-1);
  const vector = typeof last === 'number' && last % 4 === 0;
  const element = vector ? 'vec4f' : 'f32';
  const width = vector ? 4 : 1;
  const reads = Object.entries(inputs);
  return {
    label,
    bindings: [
      ...reads.map(([name, tensor]) => input(name, tensor, element)),
      output('result', result, element),
    ],
    code: `
alias V = ${element};
${helpers}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * ${threads}u + lane;
  if (i >= (${count(result)}) / ${width}u) { return; }
  let index = i * ${width}u;
  ${reads.map(([name]) => `let ${name}_ = ${name}[i];`).join('\n  ')}
  ${store(result, 'result', 'i', expression(vector))}
}`,
    workgroups: (dims) => folded(Math.ceil(elementCount(result.shape, dims) / width / threads)),
  };
}
