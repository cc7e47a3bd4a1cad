import { output, type KernelCall, type KernelEnvironment } from '../../webgpu/kernel.ts';
import type { AttentionOptions } from './options.ts';
import { blockKernel, blockPass } from './pass.ts';
import { savedSums, tileGradients, tileScores } from './scores.ts';
import { distancesPass } from './distances.ts';
import type { BackwardTensors } from './tensors.ts';
import {
  accumulator,
  eachAccumulator,
  eachOwn,
  groupsOf,
  pairProducts,
  total,
  weightedSums,
} from './tile.ts';
import { backwardBindings, firstQuery, ownedEnd, sumsAt } from './wgsl.ts';

// Formulas: docs/kernels.md. Every pass recomputes p_ij = exp(a_ij - L_i) from the saved L and forms
// g_ij = s p_ij (c_ij dO_i·v_j - D_i); a workgroup owns 32 rows, columns or distances and loops over the rest in order.

/** The dispatches of the tiled form: rows, columns, distances (and the sum of their parts). */
export function tiledBackward(
  t: BackwardTensors,
  options: AttentionOptions,
  environment: KernelEnvironment,
): KernelCall[] {
  return [
    rowsPass(t, options),
    columnsPass(t, options),
    ...(t.dRelative ? distancesPass(t, t.dRelative, options, environment) : []),
  ];
}

/** dq_i = sum_j g_ij (k_j + r_{i-j} + e), and the row sums of g by segment pair. */
function rowsPass(t: BackwardTensors, options: AttentionOptions): KernelCall {
  const { relative } = options;
  const { pieces, operands, places, scores, prologue } = blockPass(options, 'rows');
  const { k, v, r, dO } = operands;
  const saved = savedSums(options, places, 'own');
  const products = pairProducts('t', [[dO, v]], pieces);
  const sums = weightedSums('dq', 'g', relative ? [k, r] : [k], pieces);
  // Each thread sums its own keys; the 8 threads of a row meet in workgroup memory at the end.
  const bySegment = relative
    ? eachOwn(
        (a) =>
          `let differ${a} = select(vec4f(0.0), g${a}, vec4<bool>(${[0, 1, 2, 3].map((b) => (relative.segments ? `${places.rowSegment.at(a, b)} != ${places.keySegment.at(a, b)}` : 'false')).join(', ')}));
    bySegment${a} += vec2f(total(g${a} - differ${a}), total(differ${a}));`,
      )
    : '';
  const body = `${prologue}
  ${saved.code}
  ${relative ? eachOwn((a) => `var bySegment${a} = vec2f(0.0);`) : ''}
  ${eachAccumulator(pieces, (a, g) => `var ${accumulator('dq', a, g)} = vec4f(0.0);`)}
  for (var keyBase = start; keyBase < endOfKeys(block); keyBase += TILE) {
    ${scores.code}
    ${products.code}
    ${places.keys}
    ${tileScores(options, places, saved.segment.at)}
    ${tileGradients(options, places, saved)}
    ${bySegment}
    ${sums.code}
  }
  ${
    relative
      ? `workgroupBarrier();
  ${eachOwn((a) => `tile[(ty + ${8 * a}u) * 8u + tx] = vec4f(bySegment${a}, 0.0, 0.0);`)}
  workgroupBarrier();`
      : ''
  }
  ${eachOwn((a) => {
    const i = places.i.at(a, 0);
    const store = Array.from({ length: groupsOf(pieces) }, (_, g) => {
      const piece = `tx + ${8 * g}u`;
      const segments = relative?.segments
        ? ` + gs.x * segmentEmbedding[at1(0u, h) + ${piece}] + gs.y * segmentEmbedding[at1(1u, h) + ${piece}]`
        : '';
      return `if (${piece} < D) { dQkv[at3(${i}, 0u, h) + ${piece}] = ${accumulator('dq', a, g)}${segments}; }`;
    });
    return `if (${i} < end) {
    ${
      relative
        ? `var gs = vec2f(0.0);
    for (var x = 0u; x < 8u; x++) { gs += tile[(ty + ${8 * a}u) * 8u + x].xy; }
    if (tx == 0u) { sums[${sumsAt(options).same} + ${i} * H + h] = gs.x; sums[${sumsAt(options).different} + ${i} * H + h] = gs.y; }`
        : ''
    }
    ${store.join('\n    ')}
  }`;
  })}`;
  return blockKernel(options, {
    label: 'attention gradient, rows',
    bindings: [...backwardBindings(t, 'vec4f'), output('dQkv', t.dQkv, 'vec4f')],
    helpers: total,
    tiles: [scores, products, sums],
    body,
  });
}

/** dk_j = sum_i g_ij (q_i + u), dv_j = sum_i p_ij c_ij dO_i, and the column sums of g. The workgroup's block is a block of keys. */
function columnsPass(t: BackwardTensors, options: AttentionOptions): KernelCall {
  const { relative } = options;
  const { pieces, operands, places, scores, prologue } = blockPass(options, 'keys');
  const { qu, v, dO } = operands;
  const saved = savedSums(options, places, 'other');
  const products = pairProducts('t', [[v, dO]], pieces);
  const keys = weightedSums('dk', 'g', [qu], pieces, {
    // One thread of each row of threads adds up the weights of its keys.
    after: relative
      ? `if (tx == 0u) { for (var x = 0u; x < 8u; x++) { columnSum += vec4f(${[0, 1, 2, 3].map((a) => `total(tile[(ty + ${8 * a}u) * 8u + x])`).join(', ')}); } }`
      : '',
  });
  const values = weightedSums('dv', 'p', [dO], pieces);
  const body = `${prologue}
  ${relative ? 'var columnSum = vec4f(0.0);' : ''}
  ${eachAccumulator(pieces, (a, g) => `var ${accumulator('dk', a, g)} = vec4f(0.0); var ${accumulator('dv', a, g)} = vec4f(0.0);`)}
  for (var rowBase = ${firstQuery(options, 'keyBase')}; rowBase < end; rowBase += TILE) {
    ${scores.code}
    ${products.code}
    ${places.rows}
    ${saved.code}
    ${tileScores(options, places, saved.segment.at)}
    ${tileGradients(options, places, saved)}
    ${keys.code}
    ${values.code}
  }
  ${eachOwn((a) => {
    const j = places.j.at(a, 0);
    const store = Array.from({ length: groupsOf(pieces) }, (_, g) => {
      const piece = `tx + ${8 * g}u`;
      return `if (${piece} < D) { dQkv[at3(${j}, 1u, h) + ${piece}] = ${accumulator('dk', a, g)}; dQkv[at3(${j}, 2u, h) + ${piece}] = ${accumulator('dv', a, g)}; }`;
    });
    return `if (${j} < ${ownedEnd(options)}) {
    ${store.join('\n    ')}
    ${relative ? `if (tx == 0u) { sums[${sumsAt(options).columns} + ${j} * H + h] = columnSum[${a}]; }` : ''}
  }`;
  })}`;
  return blockKernel(options, {
    label: 'attention gradient, columns',
    bindings: [
      ...backwardBindings(t, 'vec4f').filter(({ name }) => name !== 'segmentEmbedding'),
      output('dQkv', t.dQkv, 'vec4f'),
    ],
    helpers: total,
    tiles: [scores, products, keys, values],
    body,
  });
}
