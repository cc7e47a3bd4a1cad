import { input, output, type Binding, type KernelCall } from '../../webgpu/kernel.ts';
import { dropoutScale, dropoutThreshold, dropoutWgsl } from '../dropout/mask.ts';
import type { RelativeAttentionOptions } from './op.ts';
import type { BackwardTensors, ForwardTensors } from './tensors.ts';
import { plane } from './wgsl.ts';

// The passes of attention without workgroup memory: a thread owns one query row, one key column or one distance of one head and
// keeps its vectors in registers, a vec4 a piece, unrolled. For adapters on which barriers are dear (see registers.ts of matmul). Needs a
// head size that is a multiple of 4. The score is formed as `q_i·(k_j + r_{i-j} + e_t) + u·k_j + w·r_{i-j} + b·e_t`.

const rowsPerBlock = 16;

function pieces(headSize: number) {
  const count = headSize / 4;
  const each = (make: (x: number) => string, separator = '\n  ') =>
    Array.from({ length: count }, (_, x) => make(x)).join(separator);
  return {
    count,
    each,
    sum: (make: (x: number) => string) => each(make, ' + '),
    /** Registers `name0`, `name1`, ... */
    zero: (name: string) => each((x) => `var ${name}${x} = vec4f(0.0);`),
  };
}

/** Index of a head's first vec4 in a row of qkv (part 0, 1, 2), in a row of width W, and the helpers all passes share. */
function prelude({ heads, headSize, rate, salt, causal }: RelativeAttentionOptions): string {
  const perHead = headSize / 4;
  const width = heads * perHead;
  return `
const H = ${heads}u;
const scale = ${(1 / Math.sqrt(headSize)).toPrecision(9)};
${dropoutWgsl}
fn keep(i: u32, h: u32, column: u32) -> f32 {
  ${
    rate > 0
      ? `let key = hash32(hash32(step.seed ^ hash32(${salt}u)) ^ (i * H + h));
  return select(0.0, ${dropoutScale(rate).toPrecision(9)}, dropoutBits(key, column) >= ${dropoutThreshold(rate)}u);`
      : 'return 1.0;'
  }
}
fn at3(token: u32, part: u32, h: u32) -> u32 { return (token * 3u + part) * ${width}u + h * ${perHead}u; }
fn at1(row: u32, h: u32) -> u32 { return row * ${width}u + h * ${perHead}u; }
fn r_row(distance: i32) -> u32 { return u32(clamp(i32(step.R / 2u) - distance, 0, i32(step.R) - 1)); }
fn allowed(i: u32, j: u32) -> bool { return ${causal ? 'j <= i' : 'true'}; }
fn segmentPair(i: u32, j: u32) -> bool { return packing[packing_0 + i] != packing[packing_0 + j]; }
fn block_at(block: u32, field: u32) -> u32 { return packing[packing_1 + block * 4u + field]; }
`;
}

const entry = (threads: number) => `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {`;

function modelBindings(t: ForwardTensors): Binding[] {
  return [
    input('qkv', t.qkv, 'vec4f'),
    input('r', t.r, 'vec4f'),
    input('biases', t.biases, 'vec4f'),
    input('segmentEmbedding', t.segmentEmbedding, 'vec4f'),
    { name: 'packing', tensors: t.packing, access: 'read', element: 'u32' },
  ];
}

/** The thread's place in a pass over row blocks. */
const blockPlace = `
  let h = group.y;
  let start = block_at(group.x, 1u);
  let end = block_at(group.x, 2u);`;

/** Registers of `x_t·e` for the thread's own query row, where the segment term takes part. */
function rowSegmentScores(options: RelativeAttentionOptions, p: ReturnType<typeof pieces>): string {
  return options.segments
    ? `let same = ${p.sum((x) => `dot(q${x} + biases[at1(2u, h) + ${x}u], segmentEmbedding[at1(0u, h) + ${x}u])`)};
  let different = ${p.sum((x) => `dot(q${x} + biases[at1(2u, h) + ${x}u], segmentEmbedding[at1(1u, h) + ${x}u])`)};`
    : 'let same = 0.0; let different = 0.0;';
}

/** `a`, the thread's own query row against key j; needs qu, qw, same and different. Leaves k and r pieces in registers. */
const rowScore = (p: ReturnType<typeof pieces>) => `
    let kAt = at3(j, 1u, h);
    let rAt = at1(r_row(i32(i) - i32(j)), h);
    ${p.each((x) => `let k${x} = qkv[kAt + ${x}u]; let r${x} = r[rAt + ${x}u];`, ' ')}
    let differs = segmentPair(i, j);
    let a = scale * (${p.sum((x) => `dot(qu${x}, k${x}) + dot(qw${x}, r${x})`)} + select(same, different, differs));`;

const ownRow = (p: ReturnType<typeof pieces>) => `
  let i = block_at(group.x, 0u) + lane;
  if (i >= end) { return; }
  let qAt = at3(i, 0u, h);
  ${p.each((x) => `let q${x} = qkv[qAt + ${x}u]; let qu${x} = q${x} + biases[at1(0u, h) + ${x}u]; let qw${x} = q${x} + biases[at1(1u, h) + ${x}u];`)}`;

export function directForward(t: ForwardTensors, options: RelativeAttentionOptions): KernelCall {
  const p = pieces(options.headSize);
  return {
    label: 'attention forward',
    bindings: [...modelBindings(t), output('o', t.o, 'vec4f'), output('logSumExp', t.logSumExp)],
    code: `${prelude(options)}${entry(rowsPerBlock)}${blockPlace}${ownRow(p)}
  ${rowSegmentScores(options, p)}
  var m = -3.0e38;
  var l = 0.0;
  ${p.zero('o')}
  for (var j = start; j < ${options.causal ? 'i + 1u' : 'end'}; j++) {${rowScore(p)}
    let top = max(m, a);
    let shrink = exp(m - top);
    let weight = exp(a - top);
    l = l * shrink + weight;
    let kept = weight * keep(i, h, j - start);
    let vAt = at3(j, 2u, h);
    ${p.each((x) => `o${x} = o${x} * shrink + kept * qkv[vAt + ${x}u];`, ' ')}
    m = top;
  }
  ${p.each((x) => `o[at1(i, h) + ${x}u] = o${x} / l;`)}
  logSumExp[i * H + h] = m + log(l);
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

export function directBackward(t: BackwardTensors, options: RelativeAttentionOptions): KernelCall[] {
  const common: Binding[] = [
    ...modelBindings(t),
    input('dO', t.dO, 'vec4f'),
    { name: 'sums', tensors: [t.sums], access: 'update', element: 'f32' },
  ];
  return [rows(t, options, common), columns(t, options, common), distances(t, options, common)];
}

/** g_ij from `a`, `dp` and the row's L and D. */
const pairGradient = `
    let weight = exp(a - sums[i * H + h]);
    let kept = keep(i, h, j - start);
    let g = scale * weight * (kept * dp - sums[step.T * H + i * H + h]);`;

function rows(t: BackwardTensors, options: RelativeAttentionOptions, common: readonly Binding[]): KernelCall {
  const p = pieces(options.headSize);
  return {
    label: 'attention gradient, rows',
    bindings: [...common, output('dQkv', t.dQkv, 'vec4f')],
    code: `${prelude(options)}${entry(rowsPerBlock)}${blockPlace}${ownRow(p)}
  ${p.each((x) => `let d${x} = dO[at1(i, h) + ${x}u];`, ' ')}
  ${rowSegmentScores(options, p)}
  ${p.zero('dq')}
  var g0 = 0.0;
  var g1 = 0.0;
  for (var j = start; j < ${options.causal ? 'i + 1u' : 'end'}; j++) {${rowScore(p)}
    let vAt = at3(j, 2u, h);
    let dp = ${p.sum((x) => `dot(d${x}, qkv[vAt + ${x}u])`)};${pairGradient}
    if (differs) { g1 += g; } else { g0 += g; }
    ${p.each((x) => `dq${x} += g * (k${x} + r${x});`, ' ')}
  }
  ${p.each((x) => `dQkv[qAt + ${x}u] = dq${x}${options.segments ? ` + g0 * segmentEmbedding[at1(0u, h) + ${x}u] + g1 * segmentEmbedding[at1(1u, h) + ${x}u]` : ''};`)}
  sums[${plane(2)} + i * H + h] = g0;
  sums[${plane(3)} + i * H + h] = g1;
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

/** What a thread that owns a key or a distance needs of the segment term: e_t and b·e_t. */
function ownedSegments(options: RelativeAttentionOptions, p: ReturnType<typeof pieces>): string {
  return options.segments
    ? `let be0 = ${p.sum((x) => `dot(biases[at1(2u, h) + ${x}u], segmentEmbedding[at1(0u, h) + ${x}u])`)};
  let be1 = ${p.sum((x) => `dot(biases[at1(2u, h) + ${x}u], segmentEmbedding[at1(1u, h) + ${x}u])`)};`
    : 'let be0 = 0.0; let be1 = 0.0;';
}

/** `a` of a pair whose q, k and r pieces are in registers, given `fixed` = u·k + w·r. */
const pairScore = (options: RelativeAttentionOptions, p: ReturnType<typeof pieces>) =>
  options.segments
    ? `let t = select(0u, 1u, segmentPair(i, j));
    let a = scale * (${p.sum((x) => `dot(q${x}, k${x} + r${x} + segmentEmbedding[at1(t, h) + ${x}u])`)} + fixed + select(be0, be1, t == 1u));`
    : `let a = scale * (${p.sum((x) => `dot(q${x}, k${x} + r${x})`)} + fixed);`;

function columns(
  t: BackwardTensors,
  options: RelativeAttentionOptions,
  common: readonly Binding[],
): KernelCall {
  const p = pieces(options.headSize);
  return {
    label: 'attention gradient, columns',
    bindings: [...common, output('dQkv', t.dQkv, 'vec4f')],
    code: `${prelude(options)}${entry(rowsPerBlock)}${blockPlace}
  let j = block_at(group.x, 0u) + lane;
  if (j >= end) { return; }
  ${p.each((x) => `let k${x} = qkv[at3(j, 1u, h) + ${x}u]; let v${x} = qkv[at3(j, 2u, h) + ${x}u]; let w${x} = biases[at1(1u, h) + ${x}u];`)}
  let uk = ${p.sum((x) => `dot(biases[at1(0u, h) + ${x}u], k${x})`)};
  ${ownedSegments(options, p)}
  ${p.zero('dk')}
  ${p.zero('dv')}
  var total = 0.0;
  for (var i = ${options.causal ? 'j' : 'start'}; i < end; i++) {
    let qAt = at3(i, 0u, h);
    let rAt = at1(r_row(i32(i) - i32(j)), h);
    let dAt = at1(i, h);
    ${p.each((x) => `let q${x} = qkv[qAt + ${x}u]; let r${x} = r[rAt + ${x}u]; let d${x} = dO[dAt + ${x}u];`, ' ')}
    let fixed = uk + ${p.sum((x) => `dot(w${x}, r${x})`)};
    ${pairScore(options, p)}
    let dp = ${p.sum((x) => `dot(d${x}, v${x})`)};${pairGradient}
    total += g;
    let passed = weight * kept;
    ${p.each((x) => `dk${x} += g * q${x}; dv${x} += passed * d${x};`, ' ')}
  }
  ${p.each((x) => `dQkv[at3(j, 1u, h) + ${x}u] = dk${x} + total * biases[at1(0u, h) + ${x}u]; dQkv[at3(j, 2u, h) + ${x}u] = dv${x};`)}
  sums[${plane(4)} + j * H + h] = total;
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

function distances(
  t: BackwardTensors,
  options: RelativeAttentionOptions,
  common: readonly Binding[],
): KernelCall {
  const p = pieces(options.headSize);
  return {
    label: 'attention gradient, distances',
    bindings: [...common, output('dR', t.dR, 'vec4f')],
    code: `${prelude(options)}${entry(16)}
  let h = group.y;
  let c = group.x * 16u + lane;
  if (c >= step.R) { return; }
  let distance = i32(step.R / 2u) - i32(c);
  ${p.each((x) => `let r${x} = r[at1(c, h) + ${x}u]; let u${x} = biases[at1(0u, h) + ${x}u];`)}
  let wr = ${p.sum((x) => `dot(biases[at1(1u, h) + ${x}u], r${x})`)};
  ${ownedSegments(options, p)}
  ${p.zero('dr')}
  var total = 0.0;
  for (var block = 0u; block < step.K; block++) {
    let start = block_at(block, 1u);
    let end = block_at(block, 2u);
    // Rows of the block whose key i - distance lies in the sequence.
    let first = max(i32(block_at(block, 0u)), i32(start) + distance);
    let last = min(min(i32(block_at(block, 0u)) + ${rowsPerBlock}, i32(end)), i32(end) + distance);
    for (var row = first; row < last; row++) {
      let i = u32(row);
      let j = u32(row - distance);
      if (!allowed(i, j)) { continue; }
      let qAt = at3(i, 0u, h);
      let kAt = at3(j, 1u, h);
      let vAt = at3(j, 2u, h);
      let dAt = at1(i, h);
      ${p.each((x) => `let q${x} = qkv[qAt + ${x}u]; let k${x} = qkv[kAt + ${x}u];`, ' ')}
      let fixed = wr + ${p.sum((x) => `dot(u${x}, k${x})`)};
      ${pairScore(options, p)}
      let dp = ${p.sum((x) => `dot(dO[dAt + ${x}u], qkv[vAt + ${x}u])`)};${pairGradient}
      total += g;
      ${p.each((x) => `dr${x} += g * q${x};`, ' ')}
    }
  }
  ${p.each((x) => `dR[at1(c, h) + ${x}u] = dr${x} + total * biases[at1(1u, h) + ${x}u];`)}
  sums[${plane(5)} + c * H + h] = total;
}`,
    workgroups: (dims) => [Math.ceil(dims.R / 16), options.heads, 1],
  };
}
