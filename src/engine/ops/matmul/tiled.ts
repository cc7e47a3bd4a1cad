import { largestHalf } from '../half/range.ts';
import type { Operand } from './operand.ts';
import type { MatmulTile } from './tiles.ts';

export interface TiledProduct {
  readonly left: Operand;
  readonly right: Operand;
  readonly tile: MatmulTile;
  /**
   * Not null: operands are rounded to half precision in workgroup memory, after the operand `scaled` was freed from the power of two in
   * the loss' scale and given the step's `gradientScale`, which C gets back. Emulated: rounded likewise, but held as f32.
   */
  readonly half: { readonly scaled: 'A' | 'B' | null; readonly isEmulated: boolean } | null;
  /** The product's inner dimension, as WGSL. */
  readonly inner: string;
  /** Workgroups (z) that share the inner dimension. */
  readonly splits: number;
  /** WGSL that stores four columns of a row of C; in a split product, of the part `group.z`. */
  readonly storeRow: (row: string, column: string, value: string) => string;
}

const each = (counts: number, make: (i: number) => string, separator = ' ') =>
  Array.from({ length: counts }, (_, i) => make(i)).join(separator);

/**
 * C through workgroup memory. A workgroup owns a tile of C, a thread several 4 × 4 blocks of it, as far apart as there are threads, so
 * that neighbouring threads read and store neighbouring vectors. Per round, `tile.inner` inner columns of A and B are brought in as
 * `[k][row / 4]` and `[k][column / 4]` vectors; where an operand is stored the other way, in 4 × 4 blocks that are turned in registers,
 * with the vectors of a row exchanged by an exclusive or, so that the turned blocks' stores fall into different banks.
 * Every global and workgroup access is a vec4; what lies outside a matrix is read as zero and not stored.
 */
export function tiledCode(product: TiledProduct): string {
  const { left, right, tile, half, inner, splits, storeRow } = product;
  const across = tile.columns / tile.threadColumns;
  const down = tile.rows / tile.threadRows;
  const threads = across * down;
  const a: Side = { name: 'A', operand: left, quads: tile.rows / 4, inner: tile.inner };
  const b: Side = { name: 'B', operand: right, quads: tile.columns / 4, inner: tile.inner };
  const rowBlocks = tile.threadRows / 4;
  const columnBlocks = tile.threadColumns / 4;
  const total = units(a) + units(b);
  const load = (k0: string, stage: string) =>
    `for (var unit = lane; unit < ${total}u; unit += ${threads}u) {
      if (unit < ${units(a)}u) { loadA(unit, rowBase, ${k0}, ${stage}); } else { loadB(unit - ${units(a)}u, columnBase, ${k0}, ${stage}); }
    }`;
  const multiply = (stage: string) => `for (var k = 0u; k < ${tile.inner}u; k++) {
      ${each(rowBlocks, (i) => `let a${i} = vec4f(tileA[${slot(a, 'k', `ty + ${i * down}u`, stage)}]);`)}
      ${each(columnBlocks, (j) => `let b${j} = vec4f(tileB[${slot(b, 'k', `tx + ${j * across}u`, stage)}]);`)}
      ${each(tile.threadRows, (r) => each(columnBlocks, (j) => `c${r}_${j} = fma(vec4f(a${Math.floor(r / 4)}.${'xyzw'[r % 4]}), b${j}, c${r}_${j});`), '\n      ')}
    }`;
  const rounds =
    tile.buffers === 1
      ? `for (var k0 = begin; k0 < end; k0 += ${tile.inner}u) {
    ${load('k0', '0u')}
    workgroupBarrier();
    ${multiply('0u')}
    workgroupBarrier();
  }`
      : `var stage = 0u;
  ${load('begin', '0u')}
  workgroupBarrier();
  for (var k0 = begin; k0 < end; k0 += ${tile.inner}u) {
    let next = k0 + ${tile.inner}u;
    if (next < end) {
    ${load('next', '1u - stage')}
    }
    ${multiply('stage')}
    workgroupBarrier();
    stage = 1u - stage;
  }`;
  return `
alias Held = ${half && !half.isEmulated ? 'vec4h' : 'vec4f'};
${half ? roundedToHalf(half.isEmulated) : ''}
${half?.scaled ? gradientFactor : ''}
var<workgroup> tileA: array<Held, ${tile.buffers * tile.inner * a.quads}>;
var<workgroup> tileB: array<Held, ${tile.buffers * tile.inner * b.quads}>;
${left.read}
${right.read}
${loader(a, half)}
${loader(b, half)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let rowBase = group.y * ${tile.rows}u;
  let columnBase = group.x * ${tile.columns}u;
  let tx = lane % ${across}u;
  let ty = lane / ${across}u;
  let inner = ${inner};
  ${range(splits, tile.inner)}
  ${each(tile.threadRows, (r) => each(columnBlocks, (j) => `var c${r}_${j} = vec4f(0.0);`))}
  ${rounds}
  ${each(
    tile.threadRows,
    (r) =>
      each(columnBlocks, (j) =>
        storeRow(
          `rowBase + (ty + ${Math.floor(r / 4) * down}u) * 4u + ${r % 4}u`,
          `columnBase + (tx + ${j * across}u) * 4u`,
          half?.scaled ? `(c${r}_${j} / gradientFactor())` : `c${r}_${j}`,
        ),
      ),
    '\n  ',
  )}
}`;
}

/** The step's scale over the loss' scale without its mantissa: multiplying by a power of two rounds nothing. */
export const gradientFactor = `
fn gradientFactor() -> f32 {
  return step.gradientScale / bitcast<f32>(max(bitcast<u32>(step.lossScale) & 0x7f800000u, 0x00800000u));
}`;

/**
 * To half precision. What is beyond its range becomes infinite by hand, with its sign, since WGSL leaves such conversions open: the overflow
 * must reach the gradient's norm, by which the step is known to be void. So must what is not a number, which `clamp` may make finite.
 */
export const roundedToHalf = (isEmulated: boolean) => `
fn rounded(value: vec4f) -> Held {
  let infinity = bitcast<f32>(select(0x7f800000u, 0u, step.T == 0u));
  let inside = clamp(value, vec4f(-${largestHalf}.0), vec4f(${largestHalf}.0));
  let isInside = abs(value) <= vec4f(${largestHalf}.0);
  ${
    isEmulated
      ? 'let half = vec4f(unpack2x16float(pack2x16float(inside.xy)), unpack2x16float(pack2x16float(inside.zw)));'
      : 'let half = Held(inside);'
  }
  return select(Held(sign(value) * infinity), half, isInside);
}`;

/** `begin` and `end` of a workgroup's inner columns: whole pieces, so that only the last can reach past the matrix. */
export function range(splits: number, piece: number): string {
  if (splits === 1) return 'let begin = 0u; let end = inner;';
  return `let share = (inner + ${splits * piece - 1}u) / ${splits * piece}u * ${piece}u;
  let begin = min(group.z * share, inner);
  let end = min(begin + share, inner);`;
}

interface Side {
  readonly name: 'A' | 'B';
  readonly operand: Operand;
  /** Vectors along the tile's outer dimension. */
  readonly quads: number;
  readonly inner: number;
}

const isTurned = ({ operand }: Side) => operand.rowsAre === 'outer';

/** What one thread brings in at a time: a vector, or a 4 × 4 block that has to be turned. */
function units(side: Side): number {
  return side.quads * (isTurned(side) ? side.inner / 4 : side.inner);
}

/** Where the vector of inner column `k` and quad `quad` lies. */
function slot(side: Side, k: string, quad: string, stage: string): string {
  const place = isTurned(side) ? `((${quad}) ^ (${k} >> 2u))` : `(${quad})`;
  return `${stage} * ${side.inner * side.quads}u + ${k} * ${side.quads}u + ${place}`;
}

/** WGSL `loadX(unit, base, k0, stage)`. */
function loader(side: Side, half: TiledProduct['half']): string {
  const { name, quads, inner } = side;
  const held = (value: string) => {
    const scaled = half?.scaled === name ? `${value} * gradientFactor()` : value;
    return half ? `rounded(${scaled})` : scaled;
  };
  const head = `fn load${name}(unit: u32, base: u32, k0: u32, stage: u32) {`;
  if (!isTurned(side)) {
    return `${head}
  let quad = unit % ${quads}u;
  let k = unit / ${quads}u;
  tile${name}[${slot(side, 'k', 'quad', 'stage')}] = ${held(`read${name}(k0 + k, base + quad * 4u)`)};
}`;
  }
  return `${head}
  let k = (unit % ${inner / 4}u) * 4u;
  let quad = unit / ${inner / 4}u;
  let row = base + quad * 4u;
  let t = transpose(mat4x4f(read${name}(row, k0 + k), read${name}(row + 1u, k0 + k), read${name}(row + 2u, k0 + k), read${name}(row + 3u, k0 + k)));
  ${[0, 1, 2, 3].map((i) => `tile${name}[${slot(side, `(k + ${i}u)`, 'quad', 'stage')}] = ${held(`t[${i}]`)};`).join('\n  ')}
}`;
}
