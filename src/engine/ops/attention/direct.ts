import { output, type Binding, type KernelCall } from '../../webgpu/kernel.ts';
import { blockRows } from '../packing.ts';
import type { AttentionOptions } from './options.ts';
import type { BackwardTensors, ForwardTensors, RelativeGradients } from './tensors.ts';
import {
  backwardBindings,
  declarations,
  firstQuery,
  isMemory,
  keysEnd,
  modelBindings,
  ownedEnd,
  piecesOf,
  rowSums,
  sumsAt,
} from './wgsl.ts';

// The passes of attention without workgroup memory: a thread owns one query row, one key column or one distance of one head and
// keeps its vectors in registers, a vec4 a piece, unrolled. For adapters on which barriers are dear (see registers.ts of matmul). Needs a
// head size that is a multiple of 4. The score is formed as `q_i·(k_j + r_{i-j} + e_t) + u·k_j + w·r_{i-j} + b·e_t`.

function unrolled(headSize: number) {
  const { element, count } = piecesOf(headSize);
  const each = (make: (x: number) => string, separator = '\n  ') =>
    Array.from({ length: count }, (_, x) => make(x)).join(separator);
  return {
    element,
    each,
    sum: (make: (x: number) => string) => each(make, ' + '),
    /** Registers `name0`, `name1`, ... */
    zero: (name: string) => each((x) => `var ${name}${x} = ${element}(0.0);`),
  };
}

type Unrolled = ReturnType<typeof unrolled>;

function prelude(options: AttentionOptions): string {
  return `const TILE = ${blockRows}u;${declarations(options)}
${piecesOf(options.headSize).element === 'f32' ? 'fn product(a: f32, b: f32) -> f32 { return a * b; }' : 'fn product(a: vec4f, b: vec4f) -> f32 { return dot(a, b); }'}
`;
}

const entry = (threads: number) => `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {`;

/** The thread's place in a pass over row blocks; `end` is what rows (or keys) beyond are not the block's. */
const blockPlace = (end: string) => `
  let h = group.y;
  let block = block_of(group.x);
  let start = block.start;
  let end = ${end};`;

/** Registers of `x_t·e` for the thread's own query row, where the segment term takes part. */
function rowSegmentScores(options: AttentionOptions, p: Unrolled): string {
  return options.relative?.segments
    ? `let same = ${p.sum((x) => `product(q${x} + biases[at1(2u, h) + ${x}u], segmentEmbedding[at1(0u, h) + ${x}u])`)};
  let different = ${p.sum((x) => `product(q${x} + biases[at1(2u, h) + ${x}u], segmentEmbedding[at1(1u, h) + ${x}u])`)};`
    : '';
}

/** `a`, the thread's own query row against key j; needs qu, qw, same and different. Leaves k and r pieces in registers. */
const rowScore = ({ relative }: AttentionOptions, p: Unrolled) =>
  relative
    ? `
    let kAt = at3(j, 1u, h);
    let rAt = at1(r_row(i32(i) - i32(j), block.reversed), h);
    ${p.each((x) => `let k${x} = qkv[kAt + ${x}u]; let r${x} = r[rAt + ${x}u];`, ' ')}
    let differs = segment_at(i) != segment_at(j);
    let a = scale * (${p.sum((x) => `product(qu${x}, k${x}) + product(qw${x}, r${x})`)}${relative.segments ? ' + select(same, different, differs)' : ''});`
    : `
    let kAt = at3(j, 1u, h);
    ${p.each((x) => `let k${x} = qkv[kAt + ${x}u];`, ' ')}
    let a = scale * (${p.sum((x) => `product(q${x}, k${x})`)});`;

const ownRow = ({ relative }: AttentionOptions, p: Unrolled) => `
  let i = block.row + lane;
  if (i >= end) { return; }
  let qAt = at3(i, 0u, h);
  ${p.each((x) => `let q${x} = qkv[qAt + ${x}u];${relative ? ` let qu${x} = q${x} + biases[at1(0u, h) + ${x}u]; let qw${x} = q${x} + biases[at1(1u, h) + ${x}u];` : ''}`)}`;

export function directForward(t: ForwardTensors, options: AttentionOptions): KernelCall {
  const p = unrolled(options.headSize);
  return {
    label: 'attention forward',
    bindings: [...modelBindings(t, p.element), output('o', t.o, p.element), output('logSumExp', t.logSumExp)],
    code: `${prelude(options)}${entry(blockRows)}${blockPlace(ownedEnd(options))}${ownRow(options, p)}
  ${rowSegmentScores(options, p)}
  var m = -3.0e38;
  var l = 0.0;
  ${p.zero('o')}
  for (var j = start; j < ${keysEnd(options)}; j++) {
    if (!allowed(i, j, block)) { continue; }${rowScore(options, p)}
    let top = max(m, a);
    let shrink = exp(m - top);
    let weight = exp(a - top);
    l = l * shrink + weight;
    let kept = weight * keep(rowKey(i, h), j - start);
    let vAt = at3(j, 2u, h);
    ${p.each((x) => `o${x} = o${x} * shrink + kept * qkv[vAt + ${x}u];`, ' ')}
    m = top;
  }
  ${options.relative?.memory ? '// A row of memory sees no key; its o is 0, so that nothing behind it is NaN.\n  if (l == 0.0) { l = 1.0; }' : ''}
  ${p.each((x) => `o[at1(i, h) + ${x}u] = o${x} / l;`)}
  logSumExp[(i) * H + h] = m + log(l);
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

export function directBackward(t: BackwardTensors, options: AttentionOptions): KernelCall[] {
  const common = backwardBindings(t, piecesOf(options.headSize).element);
  return [
    rows(t, options, common),
    columns(t, options, common),
    ...(t.dRelative ? [distances(t.dRelative, options, common)] : []),
  ];
}

/** g_ij from `a`, `dp` and the row's L and D. */
const pairGradient = (options: AttentionOptions) => `
    let weight = exp(a - sums[(i * H + h) * ${rowSums(options)}u]);
    let kept = keep(rowKey(i, h), j - start);
    let g = scale * weight * (kept * dp - sums[(i * H + h) * ${rowSums(options)}u + 1u]);`;

function rows(t: BackwardTensors, options: AttentionOptions, common: readonly Binding[]): KernelCall {
  const p = unrolled(options.headSize);
  const { relative } = options;
  return {
    label: 'attention gradient, rows',
    bindings: [...common, output('dQkv', t.dQkv, p.element)],
    code: `${prelude(options)}${entry(blockRows)}${blockPlace(ownedEnd(options))}${ownRow(options, p)}
  ${p.each((x) => `let d${x} = dO[at1(i, h) + ${x}u];`, ' ')}
  ${relative?.segments ? 'let same = sums[(i * H + h) * 4u + 2u]; let different = sums[(i * H + h) * 4u + 3u];' : ''}
  ${p.zero('dq')}
  ${relative ? 'var g0 = 0.0;\n  var g1 = 0.0;' : ''}
  for (var j = start; j < ${keysEnd(options)}; j++) {
    if (!allowed(i, j, block)) { continue; }${rowScore(options, p)}
    let vAt = at3(j, 2u, h);
    let dp = ${p.sum((x) => `product(d${x}, qkv[vAt + ${x}u])`)};${pairGradient(options)}
    ${relative ? `if (differs) { g1 += g; } else { g0 += g; }` : ''}
    ${p.each((x) => `dq${x} += g * ${relative ? `(k${x} + r${x})` : `k${x}`};`, ' ')}
  }
  ${p.each((x) => `dQkv[qAt + ${x}u] = dq${x}${relative?.segments ? ` + g0 * segmentEmbedding[at1(0u, h) + ${x}u] + g1 * segmentEmbedding[at1(1u, h) + ${x}u]` : ''};`)}
  ${relative ? `sums[${sumsAt(options).same} + i * H + h] = g0;\n  sums[${sumsAt(options).different} + i * H + h] = g1;` : ''}
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

/** `a` of a pair whose q, k and r pieces are in registers, given `fixed` = u·k + w·r. */
const pairScore = ({ relative }: AttentionOptions, p: Unrolled) =>
  relative
    ? `let a = scale * (${p.sum((x) => `product(q${x}, k${x} + r${x})`)} + fixed${
        relative.segments ? ` + sums[(i * H + h) * 4u + select(2u, 3u, segment_at(i) != segment_at(j))]` : ''
      });`
    : `let a = scale * (${p.sum((x) => `product(q${x}, k${x})`)});`;

function columns(t: BackwardTensors, options: AttentionOptions, common: readonly Binding[]): KernelCall {
  const p = unrolled(options.headSize);
  const { relative } = options;
  return {
    label: 'attention gradient, columns',
    bindings: [...common, output('dQkv', t.dQkv, p.element)],
    code: `${prelude(options)}${entry(blockRows)}${blockPlace('block.end')}
  let j = block.row + lane;
  if (j >= ${ownedEnd(options)}) { return; }
  ${p.each((x) => `let k${x} = qkv[at3(j, 1u, h) + ${x}u]; let v${x} = qkv[at3(j, 2u, h) + ${x}u];${relative ? ` let w${x} = biases[at1(1u, h) + ${x}u];` : ''}`)}
  ${relative ? `let uk = ${p.sum((x) => `product(biases[at1(0u, h) + ${x}u], k${x})`)};` : ''}
  ${p.zero('dk')}
  ${p.zero('dv')}
  ${relative ? 'var total = 0.0;' : ''}
  for (var i = ${firstQuery(options, 'j')}; i < end; i++) {
    if (!allowed(i, j, block)) { continue; }
    let qAt = at3(i, 0u, h);
    let dAt = at1(i, h);
    ${p.each((x) => `let q${x} = qkv[qAt + ${x}u]; let d${x} = dO[dAt + ${x}u];`, ' ')}
    ${
      relative
        ? `let rAt = at1(r_row(i32(i) - i32(j), block.reversed), h);
    ${p.each((x) => `let r${x} = r[rAt + ${x}u];`, ' ')}
    let fixed = uk + ${p.sum((x) => `product(w${x}, r${x})`)};`
        : ''
    }
    ${pairScore(options, p)}
    let dp = ${p.sum((x) => `product(d${x}, v${x})`)};${pairGradient(options)}
    ${relative ? 'total += g;' : ''}
    let passed = weight * kept;
    ${p.each((x) => `dk${x} += g * q${x}; dv${x} += passed * d${x};`, ' ')}
  }
  ${p.each((x) => `dQkv[at3(j, 1u, h) + ${x}u] = dk${x}${relative ? ` + total * biases[at1(0u, h) + ${x}u]` : ''}; dQkv[at3(j, 2u, h) + ${x}u] = dv${x};`)}
  ${relative ? `sums[${sumsAt(options).columns} + j * H + h] = total;` : ''}
}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}

function distances(
  { dR, distanceSums }: RelativeGradients,
  options: AttentionOptions,
  common: readonly Binding[],
): KernelCall {
  const p = unrolled(options.headSize);
  return {
    label: 'attention gradient, distances',
    bindings: [
      ...common.filter(({ name }) => name !== 'segmentEmbedding'),
      output('dR', dR, p.element),
      output('distanceSums', distanceSums),
    ],
    code: `${prelude(options)}${entry(16)}
  let h = group.y;
  let c = group.x * 16u + lane;
  if (c >= step.R) { return; }
  let tableDistance = i32(step.R / 2u) - i32(c);
  ${p.each((x) => `let r${x} = r[at1(c, h) + ${x}u]; let bias${x} = biases[at1(0u, h) + ${x}u];`)}
  let wr = ${p.sum((x) => `product(biases[at1(1u, h) + ${x}u], r${x})`)};
  ${p.zero('dr')}
  var total = 0.0;
  for (var index = 0u; index < step.K; index++) {
    let block = block_of(index);${
      options.relative?.memory
        ? `
    if (${isMemory}) { continue; }`
        : ''
    }
    let start = block.start;
    let end = block.end;
    let distance = ${options.relative?.reversible ? 'select(tableDistance, -tableDistance, block.reversed)' : 'tableDistance'};
    // Rows of the block whose key i - distance lies in the sequence.
    let first = max(i32(block.row), i32(start) + distance);
    let last = min(min(i32(block.row + TILE), i32(end)), i32(end) + distance);
    for (var row = first; row < last; row++) {
      let i = u32(row);
      let j = u32(row - distance);
      if (!allowed(i, j, block)) { continue; }
      let qAt = at3(i, 0u, h);
      let kAt = at3(j, 1u, h);
      let vAt = at3(j, 2u, h);
      let dAt = at1(i, h);
      ${p.each((x) => `let q${x} = qkv[qAt + ${x}u]; let k${x} = qkv[kAt + ${x}u];`, ' ')}
      let fixed = wr + ${p.sum((x) => `product(bias${x}, k${x})`)};
      ${pairScore(options, p)}
      let dp = ${p.sum((x) => `product(dO[dAt + ${x}u], qkv[vAt + ${x}u])`)};${pairGradient(options)}
      total += g;
      ${p.each((x) => `dr${x} += g * q${x};`, ' ')}
    }
  }
  ${p.each((x) => `dR[at1(c, h) + ${x}u] = dr${x} + total * biases[at1(1u, h) + ${x}u];`)}
  distanceSums[c * H + h] = total;
}`,
    workgroups: (dims) => [Math.ceil(dims.R / 16), options.heads, 1],
  };
}
