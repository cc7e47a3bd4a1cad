import type { Dim, Node } from '../../graph/types.ts';
import { chainCode, plainChain, type Chain } from '../../webgpu/fusion/chain.ts';
import {
  input,
  output,
  size,
  sizeIn,
  store,
  type KernelCall,
  type KernelEnvironment,
} from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';
import { columnsOwned, columnSumsCode } from '../columnSums.ts';

/** Lanes of a subgroup that a row's sum can be begun in: subgroups of one size, a whole number of them to a row. */
function subgroupOf(lanes: number, { subgroupSize }: KernelEnvironment): number | null {
  return lanes > 1 && subgroupSize && subgroupSize >= 4 && lanes % subgroupSize === 0 ? subgroupSize : null;
}

/**
 * Sum over the lanes of a row, known to all of them. A row has one lane, and no barrier, where barriers are dear. Where subgroups have one
 * size, each adds its own in a fixed tree, and only their sums meet in workgroup memory: two barriers instead of eight.
 */
function reduceWgsl(lanes: number, subgroup: number | null): string {
  if (lanes === 1) return `\nfn reduced(value: f32, lane: u32) -> f32 { return value; }`;
  if (subgroup) {
    const masks = Array.from({ length: Math.log2(subgroup) }, (_, i) => 2 ** i);
    return `
var<workgroup> scratch: array<f32, ${lanes / subgroup}>;
fn reduced(value: f32, lane: u32) -> f32 {
  var sum = value;
  ${masks.map((mask) => `sum += subgroupShuffleXor(sum, ${mask}u);`).join(' ')}
  if (lane % ${subgroup}u == 0u) { scratch[lane / ${subgroup}u] = sum; }
  workgroupBarrier();
  var total = scratch[0];
  for (var k = 1u; k < ${lanes / subgroup}u; k++) { total += scratch[k]; }
  workgroupBarrier();
  return total;
}`;
  }
  return `
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
}`;
}

/**
 * The head of a kernel that gives each row `lanes` threads; \`row\` is the thread's. One lane a row: 64 rows a workgroup, which may
 * leave the kernel early, as nobody waits for them.
 */
function rowEntry(lanes: number, rows: Dim): string {
  return lanes === 1
    ? `
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u) {
  let lane = 0u;
  let row = thread.x;
  if (row >= ${size(rows)}) { return; }`
    : `
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;`;
}

function rowGroups(lanes: number, rows: Dim): KernelCall['workgroups'] {
  return (dims) => [Math.ceil(sizeIn(rows, dims) / (lanes === 1 ? 64 : 1)), 1, 1];
}

const lanesOf = ({ avoidsBarriers }: KernelEnvironment) => (avoidsBarriers ? 1 : 64);

/** Mean first, then the variance of the differences, which does not cancel. */
export function layerNormKernels(
  node: Node,
  environment: KernelEnvironment,
  epsilon: number,
  chain: Chain = plainChain(inputAt('layerNorm', node.outputs, 0)),
): KernelCall[] {
  const name = 'layerNorm';
  const lanes = lanesOf(environment);
  const subgroup = subgroupOf(lanes, environment);
  const x = inputAt(name, node.inputs, 0);
  const [rows, width] = matrix(name, x);
  const operands = [
    input('x', x),
    input('gamma', inputAt(name, node.inputs, 1)),
    input('beta', inputAt(name, node.inputs, 2)),
  ];
  const finish = chainCode(chain, false, operands);
  return [
    {
      label: finish.label ? `layer norm, ${finish.label}` : 'layer norm',
      bindings: [...operands, output('moments', inputAt(name, node.outputs, 1)), ...finish.bindings],
      constants: finish.constants,
      ...(subgroup ? { enables: ['subgroups'] } : {}),
      code: `${finish.code}${reduceWgsl(lanes, subgroup)}${rowEntry(lanes, rows)}
  let base = row * ${width}u;
  var sum = 0.0;
  for (var c = lane; c < ${width}u; c += ${lanes}u) { sum += x[base + c]; }
  let mean = reduced(sum, lane) / ${width}.0;
  var squares = 0.0;
  for (var c = lane; c < ${width}u; c += ${lanes}u) { let d = x[base + c] - mean; squares += d * d; }
  let rstd = 1.0 / sqrt(reduced(squares, lane) / ${width}.0 + ${epsilon.toExponential()});
  for (var c = lane; c < ${width}u; c += ${lanes}u) { finish((x[base + c] - mean) * rstd * gamma[c] + beta[c], base + c, c); }
  if (lane == 0u) { moments[row * 2u] = mean; moments[row * 2u + 1u] = rstd; }
}`,
      workgroups: rowGroups(lanes, rows),
    },
  ];
}

export function layerNormInputGradientKernels(
  node: Node,
  environment: KernelEnvironment,
  chain: Chain = plainChain(inputAt('layerNormInputGradient', node.outputs, 0)),
): KernelCall[] {
  const name = 'layerNormInputGradient';
  const lanes = lanesOf(environment);
  const subgroup = subgroupOf(lanes, environment);
  const x = inputAt(name, node.inputs, 0);
  const [rows, width] = matrix(name, x);
  const operands = [
    input('x', x),
    input('gamma', inputAt(name, node.inputs, 1)),
    input('moments', inputAt(name, node.inputs, 2)),
    input('dy', inputAt(name, node.inputs, 3)),
  ];
  const finish = chainCode(chain, false, operands);
  return [
    {
      label: finish.label ? `layer norm gradient, ${finish.label}` : 'layer norm gradient',
      bindings: [...operands, ...finish.bindings],
      constants: finish.constants,
      ...(subgroup ? { enables: ['subgroups'] } : {}),
      code: `${finish.code}${reduceWgsl(lanes, subgroup)}${rowEntry(lanes, rows)}
  let base = row * ${width}u;
  let mean = moments[row * 2u];
  let rstd = moments[row * 2u + 1u];
  var sum = 0.0;
  var product = 0.0;
  for (var c = lane; c < ${width}u; c += ${lanes}u) {
    let g = dy[base + c] * gamma[c];
    sum += g;
    product += g * (x[base + c] - mean) * rstd;
  }
  let meanG = reduced(sum, lane) / ${width}.0;
  let meanGx = reduced(product, lane) / ${width}.0;
  for (var c = lane; c < ${width}u; c += ${lanes}u) {
    let normal = (x[base + c] - mean) * rstd;
    finish(rstd * (dy[base + c] * gamma[c] - meanG - normal * meanGx), base + c, c);
  }
}`,
      workgroups: rowGroups(lanes, rows),
    },
  ];
}

/** Both sums over the rows in one pass, as `columnSumsCode` forms them. */
export function layerNormParameterGradientKernels(node: Node): KernelCall[] {
  const name = 'layerNormParameterGradient';
  const x = inputAt(name, node.inputs, 0);
  const [rows, width] = matrix(name, x);
  const dGamma = inputAt(name, node.outputs, 0);
  const dBeta = inputAt(name, node.outputs, 1);
  return [
    {
      label: 'layer norm parameter gradient',
      bindings: [
        input('x', x),
        input('moments', inputAt(name, node.inputs, 1)),
        input('dy', inputAt(name, node.inputs, 2)),
        output('dGamma', dGamma),
        output('dBeta', dBeta),
      ],
      code: columnSumsCode({
        rows,
        width,
        terms: [
          (row, at) => `dy[${at}] * (x[${at}] - moments[2u * ${row}]) * moments[2u * ${row} + 1u]`,
          (_, at) => `dy[${at}]`,
        ],
        store: [
          (column, total) => store(dGamma, 'dGamma', column, total),
          (column, total) => store(dBeta, 'dBeta', column, total),
        ],
      }),
      workgroups: () => [Math.ceil(width / columnsOwned), 1, 1],
    },
  ];
}
