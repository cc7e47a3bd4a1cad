import { size } from '../../webgpu/kernel.ts';
import { dropoutScale, dropoutThreshold, dropoutWgsl } from '../dropout/mask.ts';
import type { RelativeAttentionOptions } from './op.ts';

/** Rows and columns of a score tile; 16 × 16 threads, one score each. */
export const tile = 16;
/** Head columns held in workgroup memory at a time. */
export const chunk = 32;

/** Columns of the head that one thread accumulates: `lane.x, lane.x + 16, ...`. */
export function columnsPerThread(headSize: number): number {
  return Math.ceil(headSize / tile);
}

/**
 * Declarations shared by the passes. `qu`, `qw`: chunks of q + u and q + w by row; `kk`: of k by column; `rr`: of r by
 * distance, 31 rows for a tile (row x belongs to distance `distanceBase + x`).
 */
export function attentionPrelude(options: RelativeAttentionOptions): string {
  const { heads, headSize, rate, salt } = options;
  const width = heads * headSize;
  return `
const W = ${width}u;
const H = ${heads}u;
const D = ${headSize}u;
const CHUNK = ${chunk}u;
const STRIDE = ${chunk + 1}u;
const scale = ${(1 / Math.sqrt(headSize)).toPrecision(9)};
${dropoutWgsl}
fn keep(rowKey: u32, column: u32) -> f32 {
  ${
    rate > 0
      ? `return select(0.0, ${dropoutScale(rate).toPrecision(9)}, dropoutBits(rowKey, column) >= ${dropoutThreshold(rate)}u);`
      : 'return 1.0;'
  }
}
fn rowKey(i: u32, h: u32) -> u32 {
  ${rate > 0 ? `return hash32(hash32(step.seed ^ hash32(${salt}u)) ^ (i * H + h));` : 'return 0u;'}
}
fn q_at(i: u32, h: u32, d: u32) -> f32 { return qkv[i * 3u * W + h * D + d]; }
fn k_at(j: u32, h: u32, d: u32) -> f32 { return qkv[j * 3u * W + W + h * D + d]; }
fn v_at(j: u32, h: u32, d: u32) -> f32 { return qkv[j * 3u * W + 2u * W + h * D + d]; }
fn u_at(h: u32, d: u32) -> f32 { return biases[h * D + d]; }
fn w_at(h: u32, d: u32) -> f32 { return biases[W + h * D + d]; }
fn b_at(h: u32, d: u32) -> f32 { return biases[2u * W + h * D + d]; }
fn e_at(t: u32, h: u32, d: u32) -> f32 { return segmentEmbedding[t * W + h * D + d]; }
/** Row of r for a distance; distances out of the table are never used by a valid pair. */
fn r_row(distance: i32) -> u32 { return u32(clamp(i32(step.R / 2u) - distance, 0, i32(step.R) - 1)); }
fn r_at(distance: i32, h: u32, d: u32) -> f32 { return r[r_row(distance) * W + h * D + d]; }
fn allowed(i: u32, j: u32) -> bool { return ${options.causal ? 'j <= i' : 'true'}; }
/** 0 where two tokens share a segment, 1 where not. */
fn segmentPair(i: u32, j: u32) -> u32 { return select(0u, 1u, packing[packing_0 + i] != packing[packing_0 + j]); }
fn block_at(block: u32, field: u32) -> u32 { return packing[packing_1 + block * 4u + field]; }
`;
}

/** `(q_i + b)·e_0` and `(q_i + b)·e_1` of the tile's rows, into `segmentScore[row * 2 + t]`; 32 threads work, all must call. */
export function segmentScores(options: RelativeAttentionOptions): string {
  return options.segments
    ? `
var<workgroup> segmentScore: array<f32, 32>;
fn loadSegmentScores(rowBase: u32, end: u32, h: u32, lane: u32) {
  if (lane < 32u) {
    let i = min(rowBase + lane / 2u, end - 1u);
    var sum = 0.0;
    for (var d = 0u; d < D; d++) { sum += (q_at(i, h, d) + b_at(h, d)) * e_at(lane % 2u, h, d); }
    segmentScore[lane] = sum;
  }
  workgroupBarrier();
}`
    : `
var<workgroup> segmentScore: array<f32, 32>;
fn loadSegmentScores(rowBase: u32, end: u32, h: u32, lane: u32) { if (lane < 32u) { segmentScore[lane] = 0.0; } workgroupBarrier(); }`;
}

/**
 * `contentAndPosition(...)`: `(q_i + u)·k_j + (q_i + w)·r_{i-j}` for the thread's pair (row, column) of the tile at
 * (rowBase, columnBase), chunk by chunk through workgroup memory.
 */
export const scoreWgsl = `
var<workgroup> qu: array<f32, 16 * 33>;
var<workgroup> qw: array<f32, 16 * 33>;
var<workgroup> kk: array<f32, 16 * 33>;
var<workgroup> rr: array<f32, 31 * 33>;
fn contentAndPosition(rowBase: u32, columnBase: u32, end: u32, h: u32, row: u32, column: u32, lane: u32) -> f32 {
  var score = 0.0;
  let distanceBase = i32(rowBase) - i32(columnBase) - 15;
  for (var d0 = 0u; d0 < D; d0 += CHUNK) {
    workgroupBarrier();
    for (var x = lane; x < 16u * CHUNK; x += 256u) {
      let line = x / CHUNK;
      let d = d0 + x % CHUNK;
      var q = vec2f(0.0);
      var k = 0.0;
      if (d < D) {
        let i = rowBase + line;
        if (i < end) { q = vec2f(q_at(i, h, d)) + vec2f(u_at(h, d), w_at(h, d)); }
        let j = columnBase + line;
        if (j < end) { k = k_at(j, h, d); }
      }
      let at = line * STRIDE + x % CHUNK;
      qu[at] = q.x;
      qw[at] = q.y;
      kk[at] = k;
    }
    for (var x = lane; x < 31u * CHUNK; x += 256u) {
      let d = d0 + x % CHUNK;
      rr[(x / CHUNK) * STRIDE + x % CHUNK] = select(0.0, r_at(distanceBase + i32(x / CHUNK), h, min(d, D - 1u)), d < D);
    }
    workgroupBarrier();
    let distance = row + 15u - column;
    for (var d = 0u; d < CHUNK; d++) {
      score = fma(qu[row * STRIDE + d], kk[column * STRIDE + d], score);
      score = fma(qw[row * STRIDE + d], rr[distance * STRIDE + d], score);
    }
  }
  return score;
}`;

/** Bindings' common size expression for planes of the backward sums: `[7][T][H]` in one tensor. */
export function plane(index: number): string {
  return `${index}u * ${size('T')} * H`;
}
