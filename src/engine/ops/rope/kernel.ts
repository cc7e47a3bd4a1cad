import type { Node } from '../../graph/types.ts';
import { count, eachElement, groupsOver, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import { outputHeads, type RopeOptions } from './heads.ts';

/** One element of the output a thread: a head's element and its partner, half a head away. */
export function ropeKernels(node: Node, options: RopeOptions): KernelCall[] {
  const { heads, keyHeads, headSize, expand } = options;
  const half = headSize / 2;
  const y = inputAt('rope', node.outputs, 0);
  const inHeads = heads + 2 * keyHeads;
  const outHeads = outputHeads(options).length;
  const served = heads / keyHeads;
  // Repeating heads is arithmetic: heads of one group lie side by side.
  const source = expand
    ? `select(${heads}u + (part - 1u) * ${keyHeads}u + (head % ${heads}u) / ${served}u, head, part == 0u)`
    : 'head';
  return [
    {
      label: 'rotary positions',
      bindings: [
        input('x', inputAt('rope', node.inputs, 0)),
        input('rotations', inputAt('rope', node.inputs, 1)),
        output('y', y),
      ],
      code: `${eachElement(count(y))}
  let d = i % ${headSize}u;
  let head = (i / ${headSize}u) % ${outHeads}u;
  let t = i / ${outHeads * headSize}u;
  ${expand ? `let part = head / ${heads}u;` : ''}
  let source = ${source};
  let base = (t * ${inHeads}u + source) * ${headSize}u;
  if (source >= ${heads + keyHeads}u) { y[i] = x[base + d]; return; }
  let angle = t * ${headSize}u + d % ${half}u;
  let isFirst = d < ${half}u;
  let partner = x[base + select(d - ${half}u, d + ${half}u, isFirst)];
  y[i] = x[base + d] * rotations[angle] + select(partner, -partner, isFirst) * rotations[angle + ${half}u];
}`,
      workgroups: groupsOver(y),
    },
  ];
}

/** One element of the input's gradient a thread. */
export function ropeGradientKernels(
  node: Node,
  { heads, keyHeads, headSize, expand }: RopeOptions,
): KernelCall[] {
  const half = headSize / 2;
  const dx = inputAt('ropeGradient', node.outputs, 0);
  const inHeads = heads + 2 * keyHeads;
  const outHeads = expand ? 3 * heads : inHeads;
  const served = heads / keyHeads;
  const sum = expand
    ? `
fn received(t: u32, head: u32, d: u32) -> f32 {
  if (head < ${heads}u) { return dy[(t * ${outHeads}u + head) * ${headSize}u + d]; }
  let part = 1u + (head - ${heads}u) / ${keyHeads}u;
  let first = part * ${heads}u + (head - ${heads}u) % ${keyHeads}u * ${served}u;
  var sum = 0.0;
  for (var k = 0u; k < ${served}u; k++) { sum += dy[(t * ${outHeads}u + first + k) * ${headSize}u + d]; }
  return sum;
}`
    : `
fn received(t: u32, head: u32, d: u32) -> f32 { return dy[(t * ${outHeads}u + head) * ${headSize}u + d]; }`;
  return [
    {
      label: 'rotary positions gradient',
      bindings: [
        input('dy', inputAt('ropeGradient', node.inputs, 0)),
        input('rotations', inputAt('ropeGradient', node.inputs, 1)),
        output('dx', dx),
      ],
      code: `${sum}${eachElement(count(dx))}
  let d = i % ${headSize}u;
  let head = (i / ${headSize}u) % ${inHeads}u;
  let t = i / ${inHeads * headSize}u;
  let own = received(t, head, d);
  if (head >= ${heads + keyHeads}u) { dx[i] = own; return; }
  let angle = t * ${headSize}u + d % ${half}u;
  let isFirst = d < ${half}u;
  let partner = received(t, head, select(d - ${half}u, d + ${half}u, isFirst));
  dx[i] = own * rotations[angle] + select(-partner, partner, isFirst) * rotations[angle + ${half}u];
}`,
      workgroups: groupsOver(dx),
    },
  ];
}
