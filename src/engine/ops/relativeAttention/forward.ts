import { input, output, type KernelCall } from '../../webgpu/kernel.ts';
import type { RelativeAttentionOptions } from './op.ts';
import type { ForwardTensors } from './tensors.ts';
import { attentionPrelude, columnsPerThread, scoreWgsl, segmentScores } from './wgsl.ts';

/**
 * A workgroup owns 16 query rows of one sequence and head and walks the sequence's columns 16 at a time, keeping a running
 * maximum m, sum l and output o per row (online softmax):
 * `m' = max(m, max_j a_j)`, `l' = l e^{m-m'} + sum_j e^{a_j-m'}`, `o' = o e^{m-m'} + sum_j c_j e^{a_j-m'} v_j`; at the end
 * `o / l` and `L = m + log l`. Thread (row, column) computes one score and owns the head columns `column, column + 16, ...`.
 */
export function tiledForward(t: ForwardTensors, options: RelativeAttentionOptions): KernelCall {
  const owned = columnsPerThread(options.headSize);
  return {
    label: 'attention forward',
    bindings: [
      input('qkv', t.qkv),
      input('r', t.r),
      input('biases', t.biases),
      input('segmentEmbedding', t.segmentEmbedding),
      { name: 'packing', tensors: t.packing, access: 'read', element: 'u32' },
      output('o', t.o),
      output('logSumExp', t.logSumExp),
    ],
    code: `${attentionPrelude(options)}${segmentScores(options)}${scoreWgsl}
var<workgroup> scores: array<f32, 16 * 17>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let h = group.y;
  let rowBase = block_at(group.x, 0u);
  let start = block_at(group.x, 1u);
  let end = block_at(group.x, 2u);
  let row = lane / 16u;
  let column = lane % 16u;
  let i = rowBase + row;
  let key = rowKey(i, h);
  loadSegmentScores(rowBase, end, h, lane);
  var m = -3.0e38;
  var l = 0.0;
  var acc = array<f32, ${owned}>();
  for (var columnBase = start; columnBase < ${options.causal ? 'min(end, rowBase + 16u)' : 'end'}; columnBase += 16u) {
    var a = contentAndPosition(rowBase, columnBase, end, h, row, column, lane);
    let j = columnBase + column;
    let valid = i < end && j < end && allowed(i, j);
    if (valid) { a = scale * (a + segmentScore[row * 2u + segmentPair(i, j)]); } else { a = -3.0e38; }
    scores[row * 17u + column] = a;
    workgroupBarrier();
    var top = m;
    for (var x = 0u; x < 16u; x++) { top = max(top, scores[row * 17u + x]); }
    let p = select(0.0, exp(a - top), valid);
    workgroupBarrier();
    scores[row * 17u + column] = p;
    workgroupBarrier();
    let shrink = exp(m - top);
    l *= shrink;
    for (var x = 0u; x < 16u; x++) { l += scores[row * 17u + x]; }
    m = top;
    workgroupBarrier();
    scores[row * 17u + column] = p * keep(key, j - start);
    for (var x = 0u; x < ${owned}u; x++) { acc[x] *= shrink; }
    // Values pass through kk, a chunk of the head at a time.
    for (var d0 = 0u; d0 < D; d0 += CHUNK) {
      workgroupBarrier();
      for (var x = lane; x < 16u * CHUNK; x += 256u) {
        let d = d0 + x % CHUNK;
        let at = columnBase + x / CHUNK;
        var v = 0.0;
        if (d < D && at < end) { v = v_at(at, h, d); }
        kk[(x / CHUNK) * STRIDE + x % CHUNK] = v;
      }
      workgroupBarrier();
      for (var part = 0u; part < CHUNK / 16u; part++) {
        let slot = d0 / 16u + part;
        if (slot < ${owned}u) {
          var sum = acc[slot];
          for (var x = 0u; x < 16u; x++) { sum = fma(scores[row * 17u + x], kk[x * STRIDE + part * 16u + column], sum); }
          acc[slot] = sum;
        }
      }
    }
  }
  if (i < end) {
    for (var x = 0u; x < ${owned}u; x++) {
      let d = x * 16u + column;
      if (d < D) { o[i * W + h * D + d] = acc[x] / l; }
    }
    if (column == 0u) { logSumExp[i * H + h] = m + log(l); }
  }
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}
