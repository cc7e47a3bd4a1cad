import { output, type KernelCall } from '../../webgpu/kernel.ts';
import type { AttentionOptions } from './options.ts';
import { blockKernel, blockPass } from './pass.ts';
import { tileScores } from './scores.ts';
import type { ForwardTensors } from './tensors.ts';
import { accumulator, eachAccumulator, eachOwn, overOther, tileSize, weightedSums } from './tile.ts';
import { modelBindings } from './wgsl.ts';

/**
 * A workgroup owns 32 query rows of one sequence and head and walks the sequence's keys 32 at a time, keeping a running
 * maximum m, sum l and output o per row (online softmax):
 * `m' = max(m, max_j a_j)`, `l' = l e^{m-m'} + sum_j e^{a_j-m'}`, `o' = o e^{m-m'} + sum_j c_j e^{a_j-m'} v_j`; at the end
 * `o / l` and `L = m + log l`. Each thread keeps the part of l that its own columns make; the parts are added once, at the end.
 */
export function tiledForward(t: ForwardTensors, options: AttentionOptions): KernelCall {
  const { relative } = options;
  const { pieces, operands, places, scores, prologue } = blockPass(options, 'rows');
  const values = weightedSums('o', 'p', [operands.v], pieces, { isFree: true });
  const segmentScore = (t: 0 | 1) =>
    `for (var quad = 0u; quad < D; quad++) { ${eachOwn(
      (a) =>
        `segment${a}[${t}] += dot(qkv[at3(row_at(rowBase, ty + ${8 * a}u, block), 0u, h) + quad] + biases[at1(2u, h) + quad], segmentEmbedding[at1(${t}u, h) + quad]);`,
    )} }`;
  // A row of memory sees no key; its o is 0, so that nothing behind it is NaN.
  const seesNothing = relative?.memory ? '\n    if (l == 0.0) { l = 1.0; }' : '';
  const body = `${prologue}
  ${
    relative?.segments
      ? `${eachOwn((a) => `var segment${a} = vec2f(0.0);`)}
  ${segmentScore(0)}
  ${segmentScore(1)}`
      : ''
  }
  ${eachOwn((a) => `var m${a} = -3.0e38; var l${a} = 0.0;`)}
  ${eachAccumulator(pieces, (a, g) => `var ${accumulator('o', a, g)} = vec4f(0.0);`)}
  for (var keyBase = start; keyBase < endOfKeys(block); keyBase += TILE) {
    ${scores.code}
    ${places.keys}
    ${tileScores(options, places, (a) => `segment${a}`)}
    ${eachOwn((a) => `s${a} = select(vec4f(-3.0e38), s${a}, valid${a}); extremes[(ty + ${8 * a}u) * 8u + tx] = max(max(s${a}.x, s${a}.y), max(s${a}.z, s${a}.w));`)}
    workgroupBarrier();
    ${eachOwn(
      (a) => `var top${a} = m${a};
    for (var x = 0u; x < 8u; x++) { top${a} = max(top${a}, extremes[(ty + ${8 * a}u) * 8u + x]); }
    var p${a} = select(vec4f(0.0), exp(s${a} - top${a}), valid${a});
    let shrink${a} = exp(m${a} - top${a});
    l${a} = l${a} * shrink${a} + (p${a}.x + p${a}.y + p${a}.z + p${a}.w);
    m${a} = top${a};
    ${options.rate > 0 ? `p${a} *= ${overOther((b) => `keep(${places.rowKey.at(a, b)}, ${places.j.at(a, b)} - start)`)};` : ''}`,
    )}
    ${eachAccumulator(pieces, (a, g) => `${accumulator('o', a, g)} *= shrink${a};`)}
    ${values.code}
  }
  ${eachOwn((a) => `extremes[(ty + ${8 * a}u) * 8u + tx] = l${a};`)}
  workgroupBarrier();
  ${eachOwn(
    (a) => `if (${places.i.at(a, 0)} < end) {
    var l = 0.0;
    for (var x = 0u; x < 8u; x++) { l += extremes[(ty + ${8 * a}u) * 8u + x]; }${seesNothing}
    let at = at1(${places.i.at(a, 0)}, h);
    ${Array.from({ length: Math.ceil(pieces.count / 8) }, (_, g) => `if (tx + ${8 * g}u < D) { o[at + tx + ${8 * g}u] = ${accumulator('o', a, g)} / l; }`).join(' ')}
    if (tx == 0u) { logSumExp[(${places.i.at(a, 0)}) * H + h] = m${a} + log(l); }
  }`,
  )}`;
  return blockKernel(options, {
    label: 'attention forward',
    bindings: [...modelBindings(t, 'vec4f'), output('o', t.o, 'vec4f'), output('logSumExp', t.logSumExp)],
    helpers: `var<workgroup> extremes: array<f32, ${8 * tileSize}>;`,
    tiles: [scores, values],
    body,
  });
}
