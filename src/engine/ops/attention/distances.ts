import { sizeIn } from '../../graph/types.ts';
import { folded, input, output, type KernelCall, type KernelEnvironment } from '../../webgpu/kernel.ts';
import type { AttentionOptions } from './options.ts';
import { operandsOf, pairPlaces, savedSums, tileGradients, tileScores } from './scores.ts';
import { rowsDim, type BackwardTensors, type RelativeGradients } from './tensors.ts';
import {
  accumulator,
  eachAccumulator,
  eachOwn,
  groupsOf,
  pairProducts,
  tiledMain,
  tileSize,
  total,
  weightedSums,
  type Operand,
} from './tile.ts';
import { backwardBindings, declarations, isMemory, piecesOf } from './wgsl.ts';

/** Row blocks are dealt to so many workgroups a distance tile, at most: more would wait on memory for their partial sums. */
const mostParts = 16;

/**
 * Parts into which the row blocks are cut. Many short sequences have few distances and many blocks; a long one has distances enough.
 * `parts · R <= rows` keeps the partial sums no larger than one activation.
 */
function distanceParts({ capacity }: KernelEnvironment, rows: 'T' | 'N' = 'T'): number {
  return Math.max(1, Math.min(mostParts, Math.floor(sizeIn(rows, capacity) / capacity.R)));
}

/**
 * dr_m = sum over all pairs with i - j = m of g_ij (q_i + w), and the distance sums of g. A workgroup owns 32 rows c of the table,
 * distances `m = R/2 - c`, and meets the row blocks of its part: in a tile of rows i and table rows c lie the keys
 * `j = i - R/2 + c`, 63 of them, so that the roles of k and r are exchanged against the other passes. Where a sequence is read with
 * reversed distances, `j = i + R/2 - c`, its rows are taken from the last one down, so that keys still follow from the sum of slots.
 */
export function distancesPass(
  t: BackwardTensors,
  gradients: RelativeGradients,
  options: AttentionOptions,
  environment: KernelEnvironment,
): KernelCall[] {
  const parts = distanceParts(environment, rowsDim(options));
  const pieces = piecesOf(options.headSize);
  const sides = { rows: 'other', keys: 'own + other' } as const;
  const { qu, qw, k, v, dO } = operandsOf(options, sides);
  const r: Operand = {
    name: 'r',
    index: 'own',
    value: 'r[at1(min(tableBase + slot, step.R - 1u), h) + quad]',
  };
  const places = pairPlaces(
    options,
    sides,
    (slot) => `row_slot(rowBase, ${slot}, block)`,
    (slot) => `key_slot(keyBase, ${slot}, block)`,
  );
  const saved = savedSums(options, places, 'other');
  const scores = pairProducts(
    's',
    [
      [k, qu],
      [r, qw],
    ],
    pieces,
  );
  const products = pairProducts('t', [[v, dO]], pieces);
  const sums = weightedSums('dr', 'g', [qw], pieces, {
    after: `if (tx == 0u) { for (var x = 0u; x < 8u; x++) { distanceSum += vec4f(${[0, 1, 2, 3].map((a) => `total(tile[(ty + ${8 * a}u) * 8u + x])`).join(', ')}); } }`,
  });
  const reversible = options.relative?.reversible ?? false;
  const either = (ascending: string, descending: string) =>
    reversible ? `select(${ascending}, ${descending}, block.reversed)` : ascending;
  const body = `
  let tableBase = group.x * TILE;
  let perPart = (step.K + ${parts - 1}u) / ${parts}u;
  let lastBlock = min((group.z + 1u) * perPart, step.K);
  let reach = i32(step.R / 2u);
  var distanceSum = vec4f(0.0);
  ${eachAccumulator(pieces, (a, g) => `var ${accumulator('dr', a, g)} = vec4f(0.0);`)}
  for (var index = group.z * perPart; index < lastBlock; index++) {
    let block = block_of(index);${
      options.relative?.memory
        ? `
    if (${isMemory}) { continue; }`
        : ''
    }
    let rowBase = block.row;
    let start = block.start;
    let end = block.end;
    let keyBase = ${either('i32(rowBase + tableBase) - reach', 'i32(rowBase + 31u) + reach - i32(tableBase)')};
    let lowest = ${either('keyBase', 'keyBase - 62')};
    if (lowest >= i32(end) || lowest + 62 < i32(start)) { continue; }
    ${scores.code}
    ${products.code}
    ${places.rows}
    ${places.keys}
    ${saved.code}
    ${tileScores(options, places, saved.segment.at, (a, b) => ` & (${places.j.at(a, b)} >= start) & (tableBase + ty + ${8 * a}u < step.R)`)}
    ${tileGradients(options, places, saved)}
    ${sums.code}
  }
  let base = group.z * step.R;
  ${eachOwn((a) => {
    const c = `tableBase + ty + ${8 * a}u`;
    const store = Array.from(
      { length: groupsOf(pieces) },
      (_, g) => `if (tx + ${8 * g}u < D) { ${put('at1', `tx + ${8 * g}u`, accumulator('dr', a, g))} }`,
    );
    return `if (${c} < step.R) {
    let row${a} = base + ${c};
    ${store.join('\n    ').replaceAll('at1', `at1(row${a}, h)`)}
    if (tx == 0u) { ${parts === 1 ? `distanceSums[row${a} * H + h]` : `partials[${parts}u * step.R * W * 4u + row${a} * H + h]`} = distanceSum[${a}]; }
  }`;
  })}`;
  function put(row: string, piece: string, value: string): string {
    if (parts === 1) return `dR[${row} + ${piece}] = ${value};`;
    return [0, 1, 2, 3].map((x) => `partials[(${row} + ${piece}) * 4u + ${x}u] = ${value}[${x}];`).join(' ');
  }
  const outputs =
    parts === 1
      ? [output('dR', gradients.dR, 'vec4f'), output('distanceSums', gradients.distanceSums)]
      : [output('partials', gradients.partials)];
  const pass: KernelCall = {
    label: 'attention gradient, distances',
    bindings: [...backwardBindings(t, 'vec4f').filter(({ name }) => name !== 'segmentEmbedding'), ...outputs],
    code: `const TILE = ${tileSize}u;${declarations(options)}
fn row_slot(rowBase: u32, slot: u32, block: Block) -> u32 { return rowBase + ${either('slot', '31u - slot')}; }
/** Before the first token this wraps to a key beyond the last. */
fn key_slot(keyBase: i32, slot: u32, block: Block) -> u32 { return u32(keyBase + ${either('i32(slot)', '-i32(slot)')}); }
fn row_at(rowBase: u32, slot: u32, block: Block) -> u32 { return min(row_slot(rowBase, slot, block), block.end - 1u); }
fn key_at(keyBase: i32, slot: u32, block: Block) -> u32 {
  return u32(clamp(keyBase + ${either('i32(slot)', '-i32(slot)')}, i32(block.start), i32(block.end) - 1));
}
${total}
${tiledMain([scores, products, sums], body)}`,
    workgroups: (dims) => [Math.ceil(dims.R / tileSize), options.heads, parts],
  };
  return parts === 1 ? [pass] : [pass, sumOfParts(gradients, options, parts)];
}

/** dR and the distance sums from their parts, added in order. */
function sumOfParts(
  gradients: RelativeGradients,
  { heads, headSize }: AttentionOptions,
  parts: number,
): KernelCall {
  const width = heads * headSize;
  return {
    label: 'attention gradient, sum of distance parts',
    bindings: [
      input('partials', gradients.partials),
      output('dR', gradients.dR),
      output('distanceSums', gradients.distanceSums),
    ],
    code: `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let x = (group.y * groups.x + group.x) * 64u + lane;
  let rows = step.R * ${width}u;
  let scalars = step.R * ${heads}u;
  var sum = 0.0;
  if (x < rows) {
    for (var part = 0u; part < ${parts}u; part++) { sum += partials[part * rows + x]; }
    dR[x] = sum;
  } else if (x < rows + scalars) {
    for (var part = 0u; part < ${parts}u; part++) { sum += partials[${parts}u * rows + part * scalars + x - rows]; }
    distanceSums[x - rows] = sum;
  }
}`,
    workgroups: (dims) => folded(Math.ceil((dims.R * (width + heads)) / 64)),
  };
}
