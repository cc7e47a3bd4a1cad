import type { Graph, Node, Operation } from '../../graph/types.ts';
import { chainCode, plainChain, type Chain } from '../../webgpu/fusion/chain.ts';
import { folded, input, size, sizeIn, type KernelCall, type KernelEnvironment } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';

/** Beyond so many rows the usual kernels, whose tiles are then filled, are faster. */
const mostRows = 8;
/** Threads that share a column, side by side along the inner dimension. */
const lanes = 16;

/**
 * A graph whose products with a weight `[outputs, inputs]` also have a kernel for a handful of rows, as a decoder has them that draws a token at
 * a time. Which of the two runs follows from the batch: the other is dispatched with no workgroup. WebGPU only; apply before lowering.
 */
export function withFewRows(graph: Graph): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => {
      const operation = isFitting(node) ? alsoFewRows(node.operation) : node.operation;
      return operation === node.operation ? node : Object.assign({}, node, { operation });
    }),
  };
}

/** `x [rows, inputs] · weight [outputs, inputs]ᵀ`, all sizes but the rows fixed and whole vectors. */
function isFitting(node: Node): boolean {
  const { operation, inputs, outputs } = node;
  const [rows, columns] = outputs[0]?.shape ?? [];
  const inner = inputs[0]?.shape[1];
  const hasSizes =
    operation.name === 'matmul' &&
    inputs.length === 2 &&
    typeof rows === 'string' &&
    typeof columns === 'number' &&
    typeof inner === 'number' &&
    columns % 4 === 0 &&
    inner % 4 === 0;
  if (!hasSizes) return false;
  // What is transposed cannot be told from the sizes of a square weight.
  const shape = operation.productShape?.(node, { T: 1, B: 1, R: 1, K: 1 });
  return shape !== undefined && !shape.transposeA && shape.transposeB;
}

function alsoFewRows(operation: Operation): Operation {
  return {
    ...operation,
    kernels: (node, environment) => [
      fewRowsKernel(node, environment, plainChain(inputAt('matmul', node.outputs, 0))),
      ...operation.kernels(node, environment).map((call) => unlessFew(call, node)),
    ],
    chainKernels: (node, environment, chain) => [
      fewRowsKernel(node, environment, chain),
      ...(operation.chainKernels?.(node, environment, chain) ?? []).map((call) => unlessFew(call, node)),
    ],
  };
}

const nothing = [0, 0, 0] as const;

function unlessFew(call: KernelCall, node: Node): KernelCall {
  const { shape } = inputAt('matmul', node.outputs, 0);
  const { workgroups } = call;
  return {
    ...call,
    workgroups: (dims) => (sizeIn(shape[0] ?? 1, dims) <= mostRows ? nothing : workgroups(dims)),
  };
}

function fewRowsKernel(node: Node, { avoidsBarriers }: KernelEnvironment, chain: Chain): KernelCall {
  const name = 'matmul';
  const y = inputAt(name, node.outputs, 0);
  const rows = y.shape[0] ?? 1;
  const columns = Number(y.shape[1]);
  const inner = Number(inputAt(name, node.inputs, 0).shape[1]);
  const operands = [
    input('A', inputAt(name, node.inputs, 0), 'vec4f'),
    input('B', inputAt(name, node.inputs, 1), 'vec4f'),
  ];
  const finish = chainCode(chain, true, operands);
  // A thread owns four columns, or 16 lanes one column each of four.
  const groups = Math.ceil(columns / (avoidsBarriers ? 4 * 64 : 4));
  return {
    label: finish.label ? `matmul of few rows, ${finish.label}` : 'matmul of few rows',
    bindings: [...operands, ...finish.bindings],
    constants: finish.constants,
    code: `${finish.code}
const quads = ${inner / 4}u;
const columns = ${columns}u;
${(avoidsBarriers ? direct : shared)(size(rows))}`,
    workgroups: (dims) => (sizeIn(rows, dims) <= mostRows ? folded(groups) : nothing),
  };
}

/** Each thread reads four rows of the weight by itself. */
const direct = (rows: string) => `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = ((group.y * groups.x + group.x) * 64u + lane) * 4u;
  if (column >= columns) { return; }
  for (var row = 0u; row < ${rows}; row++) {
    var sum = vec4f(0.0);
    for (var k = 0u; k < quads; k++) {
      let x = A[row * quads + k];
      let at = column * quads + k;
      sum += vec4f(dot(x, B[at]), dot(x, B[at + quads]), dot(x, B[at + 2u * quads]), dot(x, B[at + 3u * quads]));
    }
    finish(sum, row * columns + column, column);
  }
}`;

/**
 * 16 threads read a row of the weight side by side, once for four rows of x; their sums meet in workgroup memory. The weight is read once in
 * all for up to four rows: what a token costs is the time to read it.
 */
const shared = (rows: string) => `
var<workgroup> sums: array<vec4f, 64>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = (group.y * groups.x + group.x) * 4u;
  if (column >= columns) { return; }
  let weight = (column + lane / ${lanes}u) * quads;
  for (var base = 0u; base < ${rows}; base += 4u) {
    // Rows beyond the last repeat it, and are not handed on.
    let last = ${rows} - 1u;
    let at0 = min(base, last) * quads;
    let at1 = min(base + 1u, last) * quads;
    let at2 = min(base + 2u, last) * quads;
    let at3 = min(base + 3u, last) * quads;
    var sum = vec4f(0.0);
    for (var k = lane % ${lanes}u; k < quads; k += ${lanes}u) {
      let w = B[weight + k];
      sum += vec4f(dot(A[at0 + k], w), dot(A[at1 + k], w), dot(A[at2 + k], w), dot(A[at3 + k], w));
    }
    sums[lane] = sum;
    workgroupBarrier();
    if (lane < 4u && base + lane < ${rows}) {
      var total = vec4f(0.0);
      for (var k = 0u; k < ${lanes}u; k++) {
        total += vec4f(sums[k][lane], sums[${lanes}u + k][lane], sums[${2 * lanes}u + k][lane], sums[${3 * lanes}u + k][lane]);
      }
      finish(total, (base + lane) * columns + column, column);
    }
    workgroupBarrier();
  }
}`;
