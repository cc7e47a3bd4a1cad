import { input, output, store, type Binding, type KernelCall } from '../../webgpu/kernel.ts';
import type { RelativeAttentionOptions } from './op.ts';
import type { BackwardTensors } from './tensors.ts';
import { attentionPrelude, columnsPerThread, plane, scoreWgsl, segmentScores } from './wgsl.ts';

// Formulas: ../shared/ATTENTION.md and docs/kernels.md. Every pass recomputes p_ij = exp(a_ij - L_i) from the saved L and forms
// g_ij = s p_ij (c_ij dO_i·v_j - D_i); a workgroup owns a block of rows, of columns or of distances and loops over the rest
// in order. `sums` holds planes [T][H]: 0 L, 1 D, 2 G0 and 3 G1 (row sums of g by segment pair), 4 column sums of g, and from
// plane 5 on the distance sums [R][H] (R <= 2 T).

/** The dispatches of the tiled form: rows, columns, distances. */
export function tiledBackward(t: BackwardTensors, options: RelativeAttentionOptions): KernelCall[] {
  const common: Binding[] = [
    input('qkv', t.qkv),
    input('r', t.r),
    input('biases', t.biases),
    input('segmentEmbedding', t.segmentEmbedding),
    { name: 'packing', tensors: t.packing, access: 'read', element: 'u32' },
    input('dO', t.dO),
    { name: 'sums', tensors: [t.sums], access: 'update', element: 'f32' },
  ];
  return [rowsPass(t, options, common), columnsPass(t, options, common), distancesPass(t, options, common)];
}

/** Planes 0 and 1: L copied, `D_i = dO_i·o_i`. */
export function rowProducts(t: BackwardTensors, { heads, headSize }: RelativeAttentionOptions): KernelCall {
  return {
    label: 'attention row products',
    bindings: [input('o', t.o), input('logSumExp', t.logSumExp), input('dO', t.dO), output('sums', t.sums)],
    code: `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let x = group.x * 64u + lane;
  if (x >= step.T * ${heads}u) { return; }
  var sum = 0.0;
  for (var d = 0u; d < ${headSize}u; d++) { sum = fma(o[x * ${headSize}u + d], dO[x * ${headSize}u + d], sum); }
  sums[x] = logSumExp[x];
  sums[step.T * ${heads}u + x] = sum;
}`,
    workgroups: (dims) => [Math.ceil((dims.T * heads) / 64), 1, 1],
  };
}

/** `dO_i·v_j` of the thread's pair; columns from `columnBase`. Reuses qu and kk. */
const valueProduct = `
fn valueProduct(rowBase: u32, columnBase: u32, end: u32, h: u32, row: u32, column: u32, lane: u32) -> f32 {
  var product = 0.0;
  for (var d0 = 0u; d0 < D; d0 += CHUNK) {
    workgroupBarrier();
    for (var x = lane; x < 16u * CHUNK; x += 256u) {
      let line = x / CHUNK;
      let d = d0 + x % CHUNK;
      var pair = vec2f(0.0);
      if (d < D) {
        if (rowBase + line < end) { pair.x = dO[(rowBase + line) * W + h * D + d]; }
        if (columnBase + line < end) { pair.y = v_at(columnBase + line, h, d); }
      }
      qu[line * STRIDE + x % CHUNK] = pair.x;
      kk[line * STRIDE + x % CHUNK] = pair.y;
    }
    workgroupBarrier();
    for (var d = 0u; d < CHUNK; d++) { product = fma(qu[row * STRIDE + d], kk[column * STRIDE + d], product); }
  }
  return product;
}`;

/**
 * `pairGradient(...)`: (g_ij, p_ij c_ij) of the thread's pair in the tile at (rowBase, columnBase), zero outside the
 * sequence. `segmentScore` must hold the rows' segment terms.
 */
const pairGradient = `
fn pairGradient(rowBase: u32, columnBase: u32, start: u32, end: u32, h: u32, row: u32, column: u32, lane: u32) -> vec2f {
  let product = contentAndPosition(rowBase, columnBase, end, h, row, column, lane);
  let dp = valueProduct(rowBase, columnBase, end, h, row, column, lane);
  let i = rowBase + row;
  let j = columnBase + column;
  if (i >= end || j >= end || !allowed(i, j)) { return vec2f(0.0); }
  let a = scale * (product + segmentScore[row * 2u + segmentPair(i, j)]);
  let p = exp(a - sums[i * H + h]);
  let c = keep(rowKey(i, h), j - start);
  return vec2f(scale * p * (c * dp - sums[step.T * H + i * H + h]), p * c);
}`;

/** dq_i = sum_j g_ij (k_j + r_{i-j} + e); planes 2 and 3. */
function rowsPass(
  t: BackwardTensors,
  options: RelativeAttentionOptions,
  common: readonly Binding[],
): KernelCall {
  const owned = columnsPerThread(options.headSize);
  return {
    label: 'attention gradient, rows',
    bindings: [...common, output('dQkv', t.dQkv)],
    code: `${attentionPrelude(options)}${segmentScores(options)}${scoreWgsl}${valueProduct}${pairGradient}
var<workgroup> gs: array<f32, 16 * 17>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let h = group.y;
  let rowBase = block_at(group.x, 0u);
  let start = block_at(group.x, 1u);
  let end = block_at(group.x, 2u);
  let row = lane / 16u;
  let column = lane % 16u;
  let i = rowBase + row;
  loadSegmentScores(rowBase, end, h, lane);
  var acc = array<f32, ${owned}>();
  var bySegment = vec2f(0.0);
  for (var columnBase = start; columnBase < ${options.causal ? 'min(end, rowBase + 16u)' : 'end'}; columnBase += 16u) {
    let g = pairGradient(rowBase, columnBase, start, end, h, row, column, lane).x;
    let j = columnBase + column;
    if (i < end && j < end) { bySegment[segmentPair(i, j)] += g; }
    gs[row * 17u + column] = g;
    let distanceBase = i32(rowBase) - i32(columnBase) - 15;
    for (var d0 = 0u; d0 < D; d0 += CHUNK) {
      workgroupBarrier();
      for (var x = lane; x < 31u * CHUNK; x += 256u) {
        let line = x / CHUNK;
        let d = d0 + x % CHUNK;
        var kv = 0.0;
        var rv = 0.0;
        if (d < D) {
          if (line < 16u && columnBase + line < end) { kv = k_at(columnBase + line, h, d); }
          rv = r_at(distanceBase + i32(line), h, d);
        }
        if (line < 16u) { kk[line * STRIDE + x % CHUNK] = kv; }
        rr[line * STRIDE + x % CHUNK] = rv;
      }
      workgroupBarrier();
      for (var part = 0u; part < CHUNK / 16u; part++) {
        let slot = d0 / 16u + part;
        if (slot < ${owned}u) {
          let d = part * 16u + column;
          var sum = acc[slot];
          for (var x = 0u; x < 16u; x++) {
            sum = fma(gs[row * 17u + x], kk[x * STRIDE + d] + rr[(row + 15u - x) * STRIDE + d], sum);
          }
          acc[slot] = sum;
        }
      }
    }
    workgroupBarrier();
  }
  // Row sums by segment pair: each thread holds its own columns' share.
  gs[row * 17u + column] = bySegment.x;
  qu[row * 17u + column] = bySegment.y;
  workgroupBarrier();
  var g0 = 0.0;
  var g1 = 0.0;
  for (var x = 0u; x < 16u; x++) {
    g0 += gs[row * 17u + x];
    g1 += qu[row * 17u + x];
  }
  if (i < end) {
    for (var x = 0u; x < ${owned}u; x++) {
      let d = x * 16u + column;
      if (d < D) { dQkv[i * 3u * W + h * D + d] = acc[x]${options.segments ? ' + g0 * e_at(0u, h, d) + g1 * e_at(1u, h, d)' : ''}; }
    }
    if (column == 0u) {
      sums[${plane(2)} + i * H + h] = g0;
      sums[${plane(3)} + i * H + h] = g1;
    }
  }
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

/** dk_j = sum_i g_ij (q_i + u), dv_j = sum_i p_ij c_ij dO_i; plane 4. The workgroup's block is a block of columns. */
function columnsPass(
  t: BackwardTensors,
  options: RelativeAttentionOptions,
  common: readonly Binding[],
): KernelCall {
  const owned = columnsPerThread(options.headSize);
  return {
    label: 'attention gradient, columns',
    bindings: [...common, output('dQkv', t.dQkv)],
    code: `${attentionPrelude(options)}${segmentScores(options)}${scoreWgsl}${valueProduct}${pairGradient}
var<workgroup> gs: array<f32, 16 * 17>;
var<workgroup> ps: array<f32, 16 * 17>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let h = group.y;
  let columnBase = block_at(group.x, 0u);
  let start = block_at(group.x, 1u);
  let end = block_at(group.x, 2u);
  let row = lane / 16u;
  let column = lane % 16u;
  // In the accumulation the thread's \`row\` numbers the tile's columns j, its \`column\` the head columns.
  let j = columnBase + row;
  var dk = array<f32, ${owned}>();
  var dv = array<f32, ${owned}>();
  var total = 0.0;
  for (var rowBase = ${options.causal ? 'columnBase' : 'start'}; rowBase < end; rowBase += 16u) {
    loadSegmentScores(rowBase, end, h, lane);
    let pair = pairGradient(rowBase, columnBase, start, end, h, row, column, lane);
    gs[row * 17u + column] = pair.x;
    ps[row * 17u + column] = pair.y;
    workgroupBarrier();
    if (column == 0u) { for (var x = 0u; x < 16u; x++) { total += gs[x * 17u + row]; } }
    for (var d0 = 0u; d0 < D; d0 += CHUNK) {
      workgroupBarrier();
      for (var x = lane; x < 16u * CHUNK; x += 256u) {
        let i = rowBase + x / CHUNK;
        let d = d0 + x % CHUNK;
        var pairOf = vec2f(0.0);
        if (d < D && i < end) { pairOf = vec2f(q_at(i, h, d) + u_at(h, d), dO[i * W + h * D + d]); }
        qu[(x / CHUNK) * STRIDE + x % CHUNK] = pairOf.x;
        qw[(x / CHUNK) * STRIDE + x % CHUNK] = pairOf.y;
      }
      workgroupBarrier();
      for (var part = 0u; part < CHUNK / 16u; part++) {
        let slot = d0 / 16u + part;
        if (slot < ${owned}u) {
          let d = part * 16u + column;
          var sumK = dk[slot];
          var sumV = dv[slot];
          for (var x = 0u; x < 16u; x++) {
            sumK = fma(gs[x * 17u + row], qu[x * STRIDE + d], sumK);
            sumV = fma(ps[x * 17u + row], qw[x * STRIDE + d], sumV);
          }
          dk[slot] = sumK;
          dv[slot] = sumV;
        }
      }
    }
    workgroupBarrier();
  }
  if (j < end) {
    for (var x = 0u; x < ${owned}u; x++) {
      let d = x * 16u + column;
      if (d < D) {
        dQkv[j * 3u * W + W + h * D + d] = dk[x];
        dQkv[j * 3u * W + 2u * W + h * D + d] = dv[x];
      }
    }
    if (column == 0u) { sums[${plane(4)} + j * H + h] = total; }
  }
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

/**
 * dr_m = sum over all pairs with i - j = m of g_ij (q_i + w), and the distance sums. A workgroup owns 16 distances and meets every
 * row block; the pairs of 16 rows and 16 distances lie in two 16 × 16 tiles of columns, taken one after the other.
 */
function distancesPass(
  t: BackwardTensors,
  options: RelativeAttentionOptions,
  common: readonly Binding[],
): KernelCall {
  const owned = columnsPerThread(options.headSize);
  return {
    label: 'attention gradient, distances',
    bindings: [...common, output('dR', t.dR)],
    code: `${attentionPrelude(options)}${segmentScores(options)}${scoreWgsl}${valueProduct}${pairGradient}
var<workgroup> gs: array<f32, 16 * 33>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let h = group.y;
  let row = lane / 16u;
  let column = lane % 16u;
  // Table rows c = 16 group.x + (0 .. 15) hold the distances R/2 - c, from \`highest\` down.
  let highest = i32(step.R / 2u) - i32(group.x * 16u);
  var acc = array<f32, ${owned}>();
  var total = 0.0;
  for (var block = 0u; block < step.K; block++) {
    let rowBase = block_at(block, 0u);
    let start = block_at(block, 1u);
    let end = block_at(block, 2u);
    // Columns j = i - distance of this block: from \`first\` on, 31 of them.
    let first = i32(rowBase) - highest;
    if (first >= i32(end) || first + 31 <= i32(start)) { continue; }
    loadSegmentScores(rowBase, end, h, lane);
    for (var half = 0u; half < 2u; half++) {
      let columnBase = first + i32(half) * 16;
      // A tile may begin before its sequence: shift it inside and keep the pairs' own places.
      let inside = u32(max(columnBase, i32(start)));
      let g = pairGradient(rowBase, inside, start, end, h, row, column, lane).x;
      let slot = i32(inside) + i32(column) - first;
      workgroupBarrier();
      gs[row * 33u + half * 16u + column] = 0.0;
      workgroupBarrier();
      if (slot >= i32(half) * 16 && slot < i32(half) * 16 + 16) { gs[row * 33u + u32(slot)] = g; }
    }
    for (var d0 = 0u; d0 < D; d0 += CHUNK) {
      workgroupBarrier();
      for (var x = lane; x < 16u * CHUNK; x += 256u) {
        let i = rowBase + x / CHUNK;
        let d = d0 + x % CHUNK;
        var q = 0.0;
        if (d < D && i < end) { q = q_at(i, h, d) + w_at(h, d); }
        qw[(x / CHUNK) * STRIDE + x % CHUNK] = q;
      }
      workgroupBarrier();
      for (var part = 0u; part < CHUNK / 16u; part++) {
        let slot = d0 / 16u + part;
        if (slot < ${owned}u) {
          var sum = acc[slot];
          // The thread's \`row\` numbers the distance highest - row; row x of the tile meets it in column slot x + row.
          for (var x = 0u; x < 16u; x++) { sum = fma(gs[x * 33u + x + row], qw[x * STRIDE + part * 16u + column], sum); }
          acc[slot] = sum;
        }
      }
    }
    if (column == 0u) { for (var x = 0u; x < 16u; x++) { total += gs[x * 33u + x + row]; } }
    workgroupBarrier();
  }
  let c = group.x * 16u + row;
  if (c < step.R) {
    for (var x = 0u; x < ${owned}u; x++) {
      let d = x * 16u + column;
      if (d < D) { dR[c * W + h * D + d] = acc[x]; }
    }
    if (column == 0u) { sums[${plane(5)} + c * H + h] = total; }
  }
}`,
    workgroups: (dims) => [Math.ceil(dims.R / 16), options.heads, 1],
  };
}

/**
 * du = sum_j k_j C_j, dw = sum_m r_m S_m, db = e_0 sum G0 + e_1 sum G1, de_t = sum_i G_t,i (q_i + b). A workgroup owns 16 head
 * columns of one head; 16 lanes a column walk the rows 16 apart and are added in order.
 */
export function biasSums(t: BackwardTensors, options: RelativeAttentionOptions): KernelCall {
  const { headSize } = options;
  return {
    label: 'attention bias gradient',
    bindings: [
      input('qkv', t.qkv),
      input('r', t.r),
      input('biases', t.biases),
      input('segmentEmbedding', t.segmentEmbedding),
      input('sums', t.sums),
      output('dBiases', t.dBiases),
      output('dSegment', t.dSegment),
    ],
    code: `
const W = ${options.heads * headSize}u;
const H = ${options.heads}u;
const D = ${headSize}u;
var<workgroup> partU: array<f32, 256>;
var<workgroup> partW: array<f32, 256>;
var<workgroup> partE: array<vec2f, 256>;
var<workgroup> partG: array<vec2f, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let h = group.y;
  let d = group.x * 16u + lane % 16u;
  let at = h * D + d;
  var du = 0.0;
  var dw = 0.0;
  var de = vec2f(0.0);
  var gs = vec2f(0.0);
  if (d < D) {
    let b = biases[2u * W + at];
    for (var t = lane / 16u; t < step.T; t += 16u) {
      let x = t * H + h;
      let g = vec2f(sums[${plane(2)} + x], sums[${plane(3)} + x]);
      du = fma(sums[${plane(4)} + x], qkv[t * 3u * W + W + at], du);
      de += g * (qkv[t * 3u * W + at] + b);
      gs += g;
    }
    for (var c = lane / 16u; c < step.R; c += 16u) { dw = fma(sums[${plane(5)} + c * H + h], r[c * W + at], dw); }
  }
  partU[lane] = du;
  partW[lane] = dw;
  partE[lane] = de;
  partG[lane] = gs;
  workgroupBarrier();
  if (lane < 16u && d < D) {
    var u = 0.0;
    var w = 0.0;
    var e = vec2f(0.0);
    var g = vec2f(0.0);
    for (var k = 0u; k < 16u; k++) {
      u += partU[k * 16u + lane];
      w += partW[k * 16u + lane];
      e += partE[k * 16u + lane];
      g += partG[k * 16u + lane];
    }
    ${store(t.dBiases, 'dBiases', 'at', 'u')}
    ${store(t.dBiases, 'dBiases', 'W + at', 'w')}
    ${store(t.dBiases, 'dBiases', '2u * W + at', options.segments ? 'g.x * segmentEmbedding[at] + g.y * segmentEmbedding[W + at]' : '0.0')}
    ${store(t.dSegment, 'dSegment', 'at', 'e.x')}
    ${store(t.dSegment, 'dSegment', 'W + at', 'e.y')}
  }
}`,
    workgroups: () => [Math.ceil(headSize / 16), options.heads, 1],
  };
}
