import { sizeIn, type Dim } from '../../graph/types.ts';
import {
  eachElement,
  folded,
  input,
  output,
  size,
  type KernelCall,
  type KernelEnvironment,
} from '../../webgpu/kernel.ts';
import type { CachedAttentionOptions, CachedTensors } from './options.ts';

/** Keys that a workgroup scores at once: a thread each. */
const threads = 64;

export function cachedAttentionKernels(
  tensors: CachedTensors,
  { avoidsBarriers }: KernelEnvironment,
  options: CachedAttentionOptions,
): KernelCall[] {
  const isDirect = avoidsBarriers && options.headSize <= 64;
  return [remember(tensors, options), (isDirect ? direct : shared)(tensors, options)];
}

const rowsOf = ({ qkv }: CachedTensors): Dim => qkv.shape[0] ?? 1;

/** Keys and values of the new tokens into their rows of the cache. */
function remember(tensors: CachedTensors, { heads, keyHeads, headSize }: CachedAttentionOptions): KernelCall {
  const width = 2 * keyHeads * headSize;
  const rows = rowsOf(tensors);
  return {
    label: 'cache keys and values',
    bindings: [
      input('qkv', tensors.qkv),
      input('slots', tensors.slots, 'u32'),
      { name: 'cache', tensors: [tensors.cache], access: 'write', element: 'f32' },
    ],
    code: `${eachElement(`${size(rows)} * ${width}u`)}
  let t = i / ${width}u;
  cache[slots[t] * ${width}u + i % ${width}u] = qkv[t * ${(heads + 2 * keyHeads) * headSize}u + ${heads * headSize}u + i % ${width}u];
}`,
    workgroups: (dims) => folded(Math.ceil((sizeIn(rows, dims) * width) / 256)),
  };
}

function common(tensors: CachedTensors, { heads, keyHeads, headSize }: CachedAttentionOptions) {
  return {
    bindings: [
      input('qkv', tensors.qkv),
      input('spans', tensors.spans, 'u32'),
      input('cache', tensors.cache),
      output('o', tensors.o),
    ],
    declarations: `
const D = ${headSize}u;
const H = ${heads}u;
/** Of a cache row, and where its values begin. */
const row = ${2 * keyHeads * headSize}u;
const values = ${keyHeads * headSize}u;
const scale = ${(1 / Math.sqrt(headSize)).toPrecision(9)};
/** Key head of a query head. */
fn keyHead(h: u32) -> u32 { return h / ${heads / keyHeads}u; }
/** First number of head h of q. */
fn queryAt(t: u32, h: u32) -> u32 { return t * ${(heads + 2 * keyHeads) * headSize}u + h * D; }`,
  };
}

/** A thread a token and head, without workgroup memory: for adapters on which barriers are dear. */
function direct(tensors: CachedTensors, options: CachedAttentionOptions): KernelCall {
  const { bindings, declarations } = common(tensors, options);
  const rows = rowsOf(tensors);
  const { heads, headSize } = options;
  return {
    label: 'attention over the cache',
    bindings,
    code: `${declarations}
@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = (group.y * groups.x + group.x) * 32u + lane;
  if (place >= ${size(rows)} * H) { return; }
  let t = place / H;
  let h = place % H;
  let span = vec4u(spans[t * 4u], spans[t * 4u + 1u], spans[t * 4u + 2u], spans[t * 4u + 3u]);
  let common_ = span.y - span.x;
  let count = common_ + span.w - span.z;
  let head = keyHead(h) * D;
  let query = queryAt(t, h);
  var q: array<f32, ${headSize}>;
  var sum: array<f32, ${headSize}>;
  for (var d = 0u; d < D; d++) { q[d] = scale * qkv[query + d]; sum[d] = 0.0; }
  var m = -3.0e38;
  var l = 0.0;
  for (var index = 0u; index < count; index++) {
    let key = select(span.z + index - common_, span.x + index, index < common_) * row + head;
    var a = 0.0;
    for (var d = 0u; d < D; d++) { a += q[d] * cache[key + d]; }
    let top = max(m, a);
    let shrink = exp(m - top);
    let weight = exp(a - top);
    l = l * shrink + weight;
    for (var d = 0u; d < D; d++) { sum[d] = sum[d] * shrink + weight * cache[key + values + d]; }
    m = top;
  }
  for (var d = 0u; d < D; d++) { o[place * D + d] = sum[d] / l; }
}`,
    workgroups: (dims) => folded(Math.ceil((sizeIn(rows, dims) * heads) / 32)),
  };
}

/**
 * A workgroup a token and head. It walks the keys 64 at a time: a thread scores one key, then owns columns of the head and adds the 64
 * weighted values to them, so that values are read side by side. Softmax is online: what was added shrinks when the maximum grows.
 */
function shared(tensors: CachedTensors, options: CachedAttentionOptions): KernelCall {
  const { bindings, declarations } = common(tensors, options);
  const rows = rowsOf(tensors);
  const { heads, headSize } = options;
  const columns = Array.from({ length: Math.ceil(headSize / threads) }, (_, x) => x);
  const inside = (x: number) => ((x + 1) * threads <= headSize ? 'true' : `lane + ${x * threads}u < D`);
  const each = (make: (x: number) => string) => columns.map(make).join('\n    ');
  return {
    label: 'attention over the cache',
    bindings,
    code: `${declarations}
var<workgroup> q: array<f32, ${headSize}>;
var<workgroup> scores: array<f32, ${threads}>;
var<workgroup> keys: array<u32, ${threads}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group.y * groups.x + group.x;
  if (place >= ${size(rows)} * H) { return; }
  let t = place / H;
  let h = place % H;
  let span = vec4u(spans[t * 4u], spans[t * 4u + 1u], spans[t * 4u + 2u], spans[t * 4u + 3u]);
  let common_ = span.y - span.x;
  let count = common_ + span.w - span.z;
  let head = keyHead(h) * D;
  let query = queryAt(t, h);
  for (var d = lane; d < D; d += ${threads}u) { q[d] = scale * qkv[query + d]; }
  workgroupBarrier();
  var m = -3.0e38;
  var l = 0.0;
  ${each((x) => `var sum${x} = 0.0;`)}
  for (var base = 0u; base < count; base += ${threads}u) {
    let index = base + lane;
    // Beyond the end: the last key again, with a weight of 0.
    let used = min(index, count - 1u);
    let key = select(span.z + used - common_, span.x + used, used < common_) * row + head;
    var a = 0.0;
    for (var d = 0u; d < D; d++) { a += q[d] * cache[key + d]; }
    scores[lane] = select(-3.0e38, a, index < count);
    keys[lane] = key + values;
    workgroupBarrier();
    var top = m;
    for (var k = 0u; k < ${threads}u; k++) { top = max(top, scores[k]); }
    workgroupBarrier();
    scores[lane] = select(0.0, exp(a - top), index < count);
    workgroupBarrier();
    let shrink = exp(m - top);
    l *= shrink;
    ${each((x) => `sum${x} *= shrink;`)}
    for (var k = 0u; k < min(${threads}u, count - base); k++) {
      let weight = scores[k];
      l += weight;
      ${each((x) => `if (${inside(x)}) { sum${x} += weight * cache[keys[k] + lane + ${x * threads}u]; }`)}
    }
    m = top;
    workgroupBarrier();
  }
  ${each((x) => `if (${inside(x)}) { o[place * D + lane + ${x * threads}u] = sum${x} / l; }`)}
}`,
    workgroups: (dims) => folded(sizeIn(rows, dims) * heads),
  };
}
