import type { Dim, Node } from '../../graph/types.ts';
import { chainCode, plainChain, type Chain } from '../../webgpu/fusion/chain.ts';
import {
  folded,
  input,
  output,
  size,
  sizeIn,
  store,
  type KernelCall,
  type KernelEnvironment,
} from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';
import { piecesOf, type Pieces, type RmsNormOptions } from './pieces.ts';

// A piece of a row has 64 threads that meet in workgroup memory; on software adapters, where barriers are dear, one.

function entry(lanes: number, rows: Dim, pieces: number): string {
  const code =
    lanes === 1
      ? `
fn reduced(value: f32, lane: u32) -> f32 { return value; }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = 0u;
  let place = (group.y * groups.x + group.x) * 64u + thread;`
      : `
var<workgroup> scratch: array<f32, ${lanes}>;
fn reduced(value: f32, lane: u32) -> f32 {
  scratch[lane] = value;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { scratch[lane] += scratch[lane + half]; }
    workgroupBarrier();
  }
  let total = scratch[0];
  workgroupBarrier();
  return total;
}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group.y * groups.x + group.x;`;
  return `${code}
  if (place >= ${size(rows)} * ${pieces}u) { return; }
  let row = place / ${pieces}u;
  let piece = place % ${pieces}u;`;
}

function workgroups(lanes: number, rows: Dim, pieces: number): KernelCall['workgroups'] {
  return (dims) => folded(Math.ceil((sizeIn(rows, dims) * pieces) / (lanes === 1 ? 64 : 1)));
}

const lanesOf = ({ avoidsBarriers }: KernelEnvironment) => (avoidsBarriers ? 1 : 64);

/** WGSL: where the piece's row of gamma begins. */
function gammaBase({ parts, size: width }: Pieces): string {
  let expression = `${(parts.length - 1) * width}u`;
  for (let part = parts.length - 2; part >= 0; part--) {
    const end = parts.slice(0, part + 1).reduce((sum, count) => sum + count, 0);
    expression = `select(${expression}, ${part * width}u, piece < ${end}u)`;
  }
  return expression;
}

/** Code for the pieces that are handed on: what `value` says of element `base + c`. */
function handedOn({ count, normed, size: width }: Pieces, lanes: number, value: string): string {
  return normed === count
    ? ''
    : `
  if (piece >= ${normed}u) {
    for (var c = lane; c < ${width}u; c += ${lanes}u) { finish(${value}, base + c, piece * ${width}u + c); }
    return;
  }`;
}

export function rmsNormKernels(
  node: Node,
  environment: KernelEnvironment,
  options: RmsNormOptions,
  chain: Chain = plainChain(inputAt('rmsNorm', node.outputs, 0)),
): KernelCall[] {
  const name = 'rmsNorm';
  const lanes = lanesOf(environment);
  const x = inputAt(name, node.inputs, 0);
  const [rows, row] = matrix(name, x);
  const pieces = piecesOf(x, options);
  const { size: width, count, normed } = pieces;
  const operands = [input('x', x), input('gamma', inputAt(name, node.inputs, 1))];
  const finish = chainCode(chain, false, operands);
  return [
    {
      label: finish.label ? `rms norm, ${finish.label}` : 'rms norm',
      bindings: [...operands, output('rstd', inputAt(name, node.outputs, 1)), ...finish.bindings],
      constants: finish.constants,
      code: `${finish.code}${entry(lanes, rows, count)}
  let base = row * ${row}u + piece * ${width}u;${handedOn(pieces, lanes, 'x[base + c]')}
  let scaleAt = ${gammaBase(pieces)};
  var squares = 0.0;
  for (var c = lane; c < ${width}u; c += ${lanes}u) { let v = x[base + c]; squares += v * v; }
  let r = 1.0 / sqrt(reduced(squares, lane) / ${width}.0 + ${options.epsilon.toExponential()});
  for (var c = lane; c < ${width}u; c += ${lanes}u) { finish(x[base + c] * r * gamma[scaleAt + c], base + c, piece * ${width}u + c); }
  if (lane == 0u) { rstd[row * ${normed}u + piece] = r; }
}`,
      workgroups: workgroups(lanes, rows, count),
    },
  ];
}

export function rmsNormInputGradientKernels(
  node: Node,
  environment: KernelEnvironment,
  options: RmsNormOptions,
  chain: Chain = plainChain(inputAt('rmsNormInputGradient', node.outputs, 0)),
): KernelCall[] {
  const name = 'rmsNormInputGradient';
  const lanes = lanesOf(environment);
  const x = inputAt(name, node.inputs, 0);
  const [rows, row] = matrix(name, x);
  const pieces = piecesOf(x, options);
  const { size: width, count, normed } = pieces;
  const operands = [
    input('x', x),
    input('gamma', inputAt(name, node.inputs, 1)),
    input('rstd', inputAt(name, node.inputs, 2)),
    input('dy', inputAt(name, node.inputs, 3)),
  ];
  const finish = chainCode(chain, false, operands);
  return [
    {
      label: finish.label ? `rms norm gradient, ${finish.label}` : 'rms norm gradient',
      bindings: [...operands, ...finish.bindings],
      constants: finish.constants,
      code: `${finish.code}${entry(lanes, rows, count)}
  let base = row * ${row}u + piece * ${width}u;${handedOn(pieces, lanes, 'dy[base + c]')}
  let scaleAt = ${gammaBase(pieces)};
  let r = rstd[row * ${normed}u + piece];
  var product = 0.0;
  for (var c = lane; c < ${width}u; c += ${lanes}u) { product += dy[base + c] * gamma[scaleAt + c] * x[base + c] * r; }
  let mean = reduced(product, lane) / ${width}.0;
  for (var c = lane; c < ${width}u; c += ${lanes}u) {
    finish(r * (dy[base + c] * gamma[scaleAt + c] - x[base + c] * r * mean), base + c, piece * ${width}u + c);
  }
}`,
      workgroups: workgroups(lanes, rows, count),
    },
  ];
}

/** Columns as in sumRows: 32 a workgroup, 8 lanes each, added in order; a workgroup row for each row of gamma. */
export function rmsNormParameterGradientKernels(node: Node, options: RmsNormOptions): KernelCall[] {
  const name = 'rmsNormParameterGradient';
  const x = inputAt(name, node.inputs, 0);
  const [rows, row] = matrix(name, x);
  const dGamma = inputAt(name, node.outputs, 0);
  const { size: width, normed, parts } = piecesOf(x, options);
  const starts = parts.map((_, part) => parts.slice(0, part).reduce((sum, count) => sum + count, 0));
  const chosen = (values: readonly number[]) =>
    values
      .slice(1)
      .reduce((rest, value, i) => `select(${rest}, ${value}u, group.y == ${i + 1}u)`, `${values[0]}u`);
  return [
    {
      label: 'rms norm parameter gradient',
      bindings: [
        input('x', x),
        input('rstd', inputAt(name, node.inputs, 1)),
        input('dy', inputAt(name, node.inputs, 2)),
        output('dGamma', dGamma),
      ],
      code: `
var<workgroup> partial: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 32u + lane % 32u;
  let first = ${chosen(starts)};
  let count = ${chosen(parts)};
  var sum = 0.0;
  if (column < ${width}u) {
    for (var at = lane / 32u; at < ${size(rows)} * count; at += 8u) {
      let row = at / count;
      let piece = first + at % count;
      let i = row * ${row}u + piece * ${width}u + column;
      sum += dy[i] * x[i] * rstd[row * ${normed}u + piece];
    }
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane < 32u && column < ${width}u) {
    var total = 0.0;
    for (var k = 0u; k < 8u; k++) { total += partial[k * 32u + lane]; }
    ${store(dGamma, 'dGamma', `group.y * ${width}u + column`, 'total')}
  }
}`,
      workgroups: () => [Math.ceil(width / 32), parts.length, 1],
    },
  ];
}
