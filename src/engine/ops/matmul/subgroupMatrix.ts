import { gradientFactor, range, roundedToHalf, type TiledProduct } from './tiled.ts';
import type { Operand } from './operand.ts';

/** A device's matrix instruction on halves with sums in f32: square, `size` a side, done together by the threads of a subgroup. */
export interface SubgroupMatrix {
  readonly size: 8 | 16;
  readonly subgroupSize: number;
  /** The device has subgroups of other sizes too: kernels ask for this one (`subgroup-size-control`). */
  readonly isPinned?: true;
}

/** Rows and columns of C that a workgroup owns, and the inner columns it holds at a time. */
export const matrixTile = { rows: 64, columns: 32, inner: 16 } as const;
/** A whole number of subgroups of every size up to 128, as the extension demands. */
const threads = 128;

/** Blocks of C's part that each subgroup of a workgroup owns; below 1 some would have none. */
export const blocksOfSubgroup = (size: SubgroupMatrix['size'], subgroupSize: number): number =>
  ((matrixTile.rows / size) * (matrixTile.columns / size)) / (threads / subgroupSize);

const each = (count: number, make: (i: number) => string, separator = '\n  ') =>
  Array.from({ length: count }, (_, i) => make(i)).join(separator);

/**
 * C by matrix instructions (`chromium_experimental_subgroup_matrix`, behind a flag in Chrome). Operands come into workgroup memory as halves,
 * `[k][row]` and `[k][column]`, each subgroup multiplies its blocks of C in registers, and C goes through workgroup memory once, so that
 * the epilogue sees what it sees behind every other product: four columns of a row. 11 KiB of workgroup memory.
 */
export function subgroupMatrixCode(
  { left, right, half, inner, splits, storeRow }: Omit<TiledProduct, 'tile'>,
  { size, subgroupSize, isPinned }: SubgroupMatrix,
): string {
  const { rows, columns, inner: piece } = matrixTile;
  const blocksAcross = columns / size;
  const own = blocksOfSubgroup(size, subgroupSize);
  const unitsA = units(left, rows);
  const unitsB = units(right, columns);
  const component = half?.isEmulated ? 'f32' : 'f16';
  const matrix = (side: 'left' | 'right' | 'result') =>
    `subgroup_matrix_${side}<${side === 'result' ? 'f32' : component}, ${size}, ${size}>`;
  const multiply = (k: number) =>
    each(
      own,
      (j) => `{
      let left = subgroupMatrixLoad<${matrix('left')}, col_major>(&tileA, ${k * size * rows}u + down${j}, ${rows}u);
      let right = subgroupMatrixLoad<${matrix('right')}, row_major>(&tileB, ${k * size * columns}u + across${j}, ${columns}u);
      c${j} = subgroupMatrixMultiplyAccumulate(left, right, c${j});
    }`,
      '\n    ',
    );
  const vectors = (rows * columns) / 4 / threads;
  return `
alias Held = ${half?.isEmulated ? 'vec4f' : 'vec4h'};
${roundedToHalf(half?.isEmulated ?? false)}
${half?.scaled ? gradientFactor : ''}
var<workgroup> tileA: array<${component}, ${piece * rows}>;
var<workgroup> tileB: array<${component}, ${piece * columns}>;
var<workgroup> tileC: array<f32, ${rows * columns}>;
${left.read}
${right.read}
${loader('A', left, rows, half?.scaled === 'A')}
${loader('B', right, columns, half?.scaled === 'B')}
// Subgroups are runs of neighbouring threads, which the compiler cannot know.
@diagnostic(off, chromium.subgroup_matrix_uniformity)
@compute ${isPinned ? `@subgroup_size(${subgroupSize}) ` : ''}@workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let rowBase = group.y * ${rows}u;
  let columnBase = group.x * ${columns}u;
  let subgroup = lane / ${subgroupSize}u;
  let inner = ${inner};
  ${range(splits, piece)}
  ${each(own, (j) => `let down${j} = (subgroup * ${own}u + ${j}u) / ${blocksAcross}u * ${size}u; let across${j} = (subgroup * ${own}u + ${j}u) % ${blocksAcross}u * ${size}u; var c${j} = ${matrix('result')}();`)}
  for (var k0 = begin; k0 < end; k0 += ${piece}u) {
    for (var unit = lane; unit < ${unitsA + unitsB}u; unit += ${threads}u) {
      if (unit < ${unitsA}u) { loadA(unit, rowBase, k0); } else { loadB(unit - ${unitsA}u, columnBase, k0); }
    }
    workgroupBarrier();
    ${each(piece / size, multiply, '\n    ')}
    workgroupBarrier();
  }
  ${each(own, (j) => `subgroupMatrixStore<row_major>(&tileC, down${j} * ${columns}u + across${j}, c${j}, ${columns}u);`)}
  workgroupBarrier();
  ${each(vectors, (i) => {
    const place = `(lane + ${i * threads}u)`;
    const value = `vec4f(tileC[${place} * 4u], tileC[${place} * 4u + 1u], tileC[${place} * 4u + 2u], tileC[${place} * 4u + 3u])`;
    return storeRow(
      `rowBase + ${place} / ${columns / 4}u`,
      `columnBase + ${place} % ${columns / 4}u * 4u`,
      half?.scaled ? `(${value} / gradientFactor())` : value,
    );
  })}
}`;
}

/** What one thread brings in at a time: a vector, or a 4 × 4 block that has to be turned. */
function units({ rowsAre }: Operand, width: number): number {
  return (width / 4) * (rowsAre === 'outer' ? matrixTile.inner / 4 : matrixTile.inner);
}

/** WGSL `loadX(unit, base, k0)`. */
function loader(name: 'A' | 'B', { rowsAre }: Operand, width: number, isScaled: boolean): string {
  const put = (k: string, value: string) =>
    `{ let h = rounded(${isScaled ? `${value} * gradientFactor()` : value}); let at = (${k}) * ${width}u + quad * 4u; tile${name}[at] = h.x; tile${name}[at + 1u] = h.y; tile${name}[at + 2u] = h.z; tile${name}[at + 3u] = h.w; }`;
  const body =
    rowsAre === 'inner'
      ? `let quad = unit % ${width / 4}u;
  let k = unit / ${width / 4}u;
  ${put('k', `read${name}(k0 + k, base + quad * 4u)`)}`
      : `let k = (unit % ${matrixTile.inner / 4}u) * 4u;
  let quad = unit / ${matrixTile.inner / 4}u;
  let row = base + quad * 4u;
  let t = transpose(mat4x4f(read${name}(row, k0 + k), read${name}(row + 1u, k0 + k), read${name}(row + 2u, k0 + k), read${name}(row + 3u, k0 + k)));
  ${each(4, (i) => put(`k + ${i}u`, `t[${i}]`))}`;
  return `fn load${name}(unit: u32, base: u32, k0: u32) {
  ${body}
}`;
}
