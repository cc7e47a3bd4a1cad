import { elementCount, type Node } from '../../graph/types.ts';
import { count, folded, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import { largestHalf } from './range.ts';

const threads = 256;

/** One word, two elements, a thread: `words[i] = pack2x16float(values[2 i], values[2 i + 1])`. */
export function packHalfKernels(node: Node): KernelCall[] {
  const words = inputAt('packHalf', node.outputs, 0);
  return [
    {
      label: 'pack halves',
      bindings: [input('values', inputAt('packHalf', node.inputs, 0)), output('words', words, 'u32')],
      code: `${entry}
  if (i >= ${count(words)}) { return; }
  let pair = vec2f(values[2u * i], values[2u * i + 1u]);
  let packed = pack2x16float(clamp(pair, vec2f(-${largestHalf}.0), vec2f(${largestHalf}.0)));
  // What is not a number stays none: the loss has to tell. By bits, since compilers may assume that no float is NaN.
  let isNone = (bitcast<vec2u>(pair) & vec2u(0x7fffffffu)) > vec2u(0x7f800000u);
  let halves = select(vec2u(packed & 0xffffu, packed >> 16u), vec2u(0x7e00u), isNone);
  words[i] = halves.x | (halves.y << 16u);
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(words.shape, dims) / threads)),
    },
  ];
}

export function unpackHalfKernels(node: Node): KernelCall[] {
  const words = inputAt('unpackHalf', node.inputs, 0);
  return [
    {
      label: 'unpack halves',
      bindings: [input('words', words, 'u32'), output('values', inputAt('unpackHalf', node.outputs, 0))],
      code: `${entry}
  if (i >= ${count(words)}) { return; }
  let pair = unpack2x16float(words[i]);
  values[2u * i] = pair.x;
  values[2u * i + 1u] = pair.y;
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(words.shape, dims) / threads)),
    },
  ];
}

const entry = `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * ${threads}u + lane;`;
