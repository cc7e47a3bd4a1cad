import type { Node } from '../../graph/types.ts';
import { count, eachElement, groupsOver, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import { largestHalf } from './range.ts';

/** One word, two elements, a thread: `words[i] = pack2x16float(values[2 i], values[2 i + 1])`. */
export function packHalfKernels(node: Node): KernelCall[] {
  const words = inputAt('packHalf', node.outputs, 0);
  return [
    {
      label: 'pack halves',
      bindings: [input('values', inputAt('packHalf', node.inputs, 0)), output('words', words, 'u32')],
      code: `${eachElement(count(words))}
  let pair = vec2f(values[2u * i], values[2u * i + 1u]);
  let packed = pack2x16float(clamp(pair, vec2f(-${largestHalf}.0), vec2f(${largestHalf}.0)));
  // What is not a number stays none: the loss has to tell. By bits, since compilers may assume that no float is NaN.
  let isNone = (bitcast<vec2u>(pair) & vec2u(0x7fffffffu)) > vec2u(0x7f800000u);
  let halves = select(vec2u(packed & 0xffffu, packed >> 16u), vec2u(0x7e00u), isNone);
  words[i] = halves.x | (halves.y << 16u);
}`,
      workgroups: groupsOver(words),
    },
  ];
}

export function unpackHalfKernels(node: Node): KernelCall[] {
  const words = inputAt('unpackHalf', node.inputs, 0);
  return [
    {
      label: 'unpack halves',
      bindings: [input('words', words, 'u32'), output('values', inputAt('unpackHalf', node.outputs, 0))],
      code: `${eachElement(count(words))}
  let pair = unpack2x16float(words[i]);
  values[2u * i] = pair.x;
  values[2u * i + 1u] = pair.y;
}`,
      workgroups: groupsOver(words),
    },
  ];
}
