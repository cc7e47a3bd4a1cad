import { input, output, store, type KernelCall } from '../../webgpu/kernel.ts';
import { sizeIn } from '../../graph/types.ts';
import type { AttentionOptions } from './options.ts';
import { rowsDim, type BackwardTensors } from './tensors.ts';
import { piecesOf, rowSums, sumsAt } from './wgsl.ts';

/** What the passes need of every row: L, `D_i = dO_i·o_i`, and with segments `(q_i + b)·e_0` and `(q_i + b)·e_1`. */
export function rowProducts(t: BackwardTensors, options: AttentionOptions): KernelCall {
  const { heads, headSize, relative } = options;
  const { element, count } = piecesOf(headSize);
  const segments = relative?.segments ? t.relative : null;
  const product = (a: string, b: string) => (element === 'vec4f' ? `dot(${a}, ${b})` : `${a} * ${b}`);
  return {
    label: 'attention row products',
    bindings: [
      input('o', t.o, element),
      input('dO', t.dO, element),
      input('logSumExp', t.logSumExp),
      ...(segments
        ? [
            input('qkv', t.qkv, element),
            input('biases', segments.biases, element),
            input('segmentEmbedding', segments.segmentEmbedding, element),
          ]
        : []),
      output('sums', t.sums),
    ],
    code: `
const W = ${heads * count}u;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let x = group.x * 64u + lane;
  if (x >= step.${rowsDim(options)} * ${heads}u) { return; }
  let i = x / ${heads}u;
  let at = (x % ${heads}u) * ${count}u;
  var sum = 0.0;
  var segment = vec2f(0.0);
  for (var d = at; d < at + ${count}u; d++) {
    sum += ${product('o[i * W + d]', 'dO[i * W + d]')};
    ${
      segments
        ? `let qb = qkv[i * 3u * W + d] + biases[2u * W + d];
    segment += vec2f(${product('qb', 'segmentEmbedding[d]')}, ${product('qb', 'segmentEmbedding[W + d]')});`
        : ''
    }
  }
  let place = x * ${rowSums(options)}u;
  sums[place] = logSumExp[x];
  sums[place + 1u] = sum;
  ${relative ? 'sums[place + 2u] = segment.x;\n  sums[place + 3u] = segment.y;' : ''}
}`,
    workgroups: (dims) => [Math.ceil((sizeIn(rowsDim(options), dims) * heads) / 64), 1, 1],
  };
}

/**
 * du = sum_j k_j C_j, dw = sum_m r_m S_m, db = e_0 sum G0 + e_1 sum G1, de_t = sum_i G_t,i (q_i + b). A workgroup owns 4 pieces of
 * one head; 64 threads a piece walk the rows 64 apart, and are added in order.
 */
export function biasSums(t: BackwardTensors, options: AttentionOptions): KernelCall[] {
  const { heads, headSize } = options;
  if (!t.relative || !t.dRelative) return [];
  const { dBiases, dSegment, distanceSums } = t.dRelative;
  const { element, count } = piecesOf(headSize);
  const zero = `${element}(0.0)`;
  const call: KernelCall = {
    label: 'attention bias gradient',
    bindings: [
      input('qkv', t.qkv, element),
      input('r', t.relative.r, element),
      input('biases', t.relative.biases, element),
      input('segmentEmbedding', t.relative.segmentEmbedding, element),
      input('sums', t.sums),
      input('distanceSums', distanceSums),
      output('dBiases', dBiases, element),
      output('dSegment', dSegment, element),
    ],
    code: `
const W = ${heads * count}u;
const H = ${heads}u;
const D = ${count}u;
var<workgroup> part: array<${element}, 256>;
/** The sum over the 64 threads of a piece, in every one of them. */
fn together(value: ${element}, lane: u32) -> ${element} {
  part[lane] = value;
  for (var half = 128u; half >= 4u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { part[lane] += part[lane + half]; }
  }
  workgroupBarrier();
  let sum = part[lane % 4u];
  workgroupBarrier();
  return sum;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let h = group.y;
  let d = group.x * 4u + lane % 4u;
  let at = h * D + min(d, D - 1u);
  let b = biases[2u * W + at];
  var du = ${zero};
  var dw = ${zero};
  var same = ${zero};
  var different = ${zero};
  var gs = vec2f(0.0);
  for (var t = lane / 4u; t < step.${rowsDim(options)}; t += 64u) {
    let x = t * H + h;
    let g = vec2f(sums[${sumsAt(options).same} + x], sums[${sumsAt(options).different} + x]);
    let qb = qkv[t * 3u * W + at] + b;
    du += sums[${sumsAt(options).columns} + x] * qkv[t * 3u * W + W + at];
    same += g.x * qb;
    different += g.y * qb;
    gs += g;
  }
  for (var c = lane / 4u; c < step.R; c += 64u) { dw += distanceSums[c * H + h] * r[c * W + at]; }
  let u = together(du, lane);
  let w = together(dw, lane);
  let e0 = together(same, lane);
  let e1 = together(different, lane);
  let db = together(gs.x * segmentEmbedding[at] + gs.y * segmentEmbedding[W + at], lane);
  if (lane < 4u && d < D) {
    ${store(dBiases, 'dBiases', 'at', 'u')}
    ${store(dBiases, 'dBiases', 'W + at', 'w')}
    ${store(dBiases, 'dBiases', '2u * W + at', options.relative?.segments ? 'db' : zero)}
    ${store(dSegment, 'dSegment', 'at', 'e0')}
    ${store(dSegment, 'dSegment', 'W + at', 'e1')}
  }
}`,
    workgroups: () => [Math.ceil(count / 4), heads, 1],
  };
  return [call];
}
