import type { Operand } from './operand.ts';

/** Columns of the inner dimension that a workgroup holds at a time. */
const tileK = 32;

/**
 * C through workgroup memory: a workgroup owns a square tile of C, a thread a 4 × 4 part of it. Per round, 32 inner columns of A
 * and B are brought in as `[k][row / 4]` and `[k][column / 4]` vectors, in 4 × 4 blocks (turned in registers where the operand is
 * stored the other way), so that every global and workgroup access is a vec4. For graphics cards.
 */
export function tiledCode(
  a: Operand,
  b: Operand,
  tile: 32 | 64,
  inner: string,
  storeRow: (row: string, column: string, value: string) => string,
): string {
  const quads = tile / 4;
  const threads = quads * quads;
  return `
var<workgroup> tileA: array<vec4f, ${tileK * quads}>;
var<workgroup> tileB: array<vec4f, ${tileK * quads}>;
${a.read}
${b.read}
${blockLoader('A', a, quads)}
${blockLoader('B', b, quads)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let rowBase = group.y * ${tile}u;
  let columnBase = group.x * ${tile}u;
  let tx = lane % ${quads}u;
  let ty = lane / ${quads}u;
  let inner = ${inner};
  var c0 = vec4f(0.0); var c1 = vec4f(0.0); var c2 = vec4f(0.0); var c3 = vec4f(0.0);
  for (var k0 = 0u; k0 < inner; k0 += ${tileK}u) {
    ${loads(threads, quads)}
    workgroupBarrier();
    for (var k = 0u; k < ${tileK}u; k++) {
      let av = tileA[k * ${quads}u + ty];
      let bv = tileB[k * ${quads}u + tx];
      c0 = fma(vec4f(av.x), bv, c0);
      c1 = fma(vec4f(av.y), bv, c1);
      c2 = fma(vec4f(av.z), bv, c2);
      c3 = fma(vec4f(av.w), bv, c3);
    }
    workgroupBarrier();
  }
  let row = rowBase + ty * 4u;
  let column = columnBase + tx * 4u;
  ${[0, 1, 2, 3].map((i) => storeRow(`row + ${i}u`, 'column', `c${i}`)).join('\n  ')}
}`;
}

/** WGSL `loadX(block, base, k0)`: brings the 4 × 4 block number `block` of a 32 × tile piece into workgroup memory. */
function blockLoader(name: string, { rowsAre }: Operand, quads: number): string {
  const innerQuads = tileK / 4;
  return rowsAre === 'inner'
    ? `fn load${name}(block: u32, base: u32, k0: u32) {
  let quad = block % ${quads}u;
  let k = (block / ${quads}u) * 4u;
  for (var i = 0u; i < 4u; i++) { tile${name}[(k + i) * ${quads}u + quad] = read${name}(k0 + k + i, base + quad * 4u); }
}`
    : `fn load${name}(block: u32, base: u32, k0: u32) {
  let k = (block % ${innerQuads}u) * 4u;
  let quad = block / ${innerQuads}u;
  let row = base + quad * 4u;
  let t = transpose(mat4x4f(read${name}(row, k0 + k), read${name}(row + 1u, k0 + k), read${name}(row + 2u, k0 + k), read${name}(row + 3u, k0 + k)));
  for (var i = 0u; i < 4u; i++) { tile${name}[(k + i) * ${quads}u + quad] = t[i]; }
}`;
}

/** Spreads the blocks of both operands over the threads: half each where they suffice, else both in turn. */
function loads(threads: number, quads: number): string {
  const blocks = (tileK / 4) * quads;
  return threads >= 2 * blocks
    ? `if (lane < ${blocks}u) { loadA(lane, rowBase, k0); } else if (lane < ${2 * blocks}u) { loadB(lane - ${blocks}u, columnBase, k0); }`
    : `for (var block = lane; block < ${blocks}u; block += ${threads}u) { loadA(block, rowBase, k0); loadB(block, columnBase, k0); }`;
}
