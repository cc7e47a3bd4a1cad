import { EngineError } from '../../errors.ts';
import type { Dim, Node, Tensor } from '../../graph/types.ts';
import {
  input,
  output,
  size,
  sizeIn,
  store,
  type KernelCall,
  type KernelEnvironment,
} from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import type { MatmulOptions } from './op.ts';

/** Columns of the inner dimension that a workgroup holds at a time. */
const tileK = 32;

/**
 * C[M, N] = op(A) · op(B). A workgroup owns a square tile of C, a thread a 4 × 4 part of it in registers. Per step, 32 inner
 * columns of A and B come into workgroup memory as `[k][row / 4]` and `[k][column / 4]` vectors, loaded in 4 × 4 blocks
 * (transposed in registers where the operand is stored the other way), so that every global and workgroup access is a vec4.
 * Storage layouts: A `[M, K]` or `[K, M]`; B `[K, N]` or `[N, K]`. The stored rows may be a symbolic size, the stored columns may not.
 */
export function matmulKernels(
  node: Node,
  environment: KernelEnvironment,
  options: MatmulOptions,
): KernelCall[] {
  const a = inputAt('matmul', node.inputs, 0);
  const b = inputAt('matmul', node.inputs, 1);
  const c = inputAt('matmul', node.outputs, 0);
  const [m, n] = c.shape as readonly [Dim, Dim];
  const inner = (options.transposeA ? a.shape[0] : a.shape[1]) as Dim;
  if (typeof n !== 'number') {
    throw new EngineError(
      'graph-invalid',
      `matmul: ${c.name} has no fixed number of columns.`,
      'Swap the operands.',
    );
  }
  const tile = sizeIn(m, environment.capacity) <= 32 || n <= 32 ? 32 : 64;
  const quads = tile / 4;
  const threads = quads * quads;
  const vectorC = n % 4 === 0;
  const left = operand('A', a, options.transposeA ? 'direct' : 'transposed');
  const right = operand('B', b, options.transposeB ? 'transposed' : 'direct');

  return [
    {
      label: 'matmul',
      bindings: [
        input('A', a, left.vector ? 'vec4f' : 'f32'),
        input('B', b, right.vector ? 'vec4f' : 'f32'),
        output('C', c, vectorC ? 'vec4f' : 'f32'),
      ],
      code: `
var<workgroup> tileA: array<vec4f, ${tileK * quads}>;
var<workgroup> tileB: array<vec4f, ${tileK * quads}>;
${left.read}
${right.read}
${blockLoader('A', left.layout, quads)}
${blockLoader('B', right.layout, quads)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let rowBase = group.y * ${tile}u;
  let columnBase = group.x * ${tile}u;
  let tx = lane % ${quads}u;
  let ty = lane / ${quads}u;
  let inner = ${size(inner)};
  var acc = array<vec4f, 4>();
  for (var k0 = 0u; k0 < inner; k0 += ${tileK}u) {
    ${loads(threads, quads)}
    workgroupBarrier();
    for (var k = 0u; k < ${tileK}u; k++) {
      let av = tileA[k * ${quads}u + ty];
      let bv = tileB[k * ${quads}u + tx];
      acc[0] = fma(vec4f(av.x), bv, acc[0]);
      acc[1] = fma(vec4f(av.y), bv, acc[1]);
      acc[2] = fma(vec4f(av.z), bv, acc[2]);
      acc[3] = fma(vec4f(av.w), bv, acc[3]);
    }
    workgroupBarrier();
  }
  let column = columnBase + tx * 4u;
  for (var i = 0u; i < 4u; i++) {
    let row = rowBase + ty * 4u + i;
    if (row >= ${size(m)}) { continue; }
    ${
      vectorC
        ? `if (column < ${n}u) { ${store(c, 'C', `(row * ${n}u + column) / 4u`, 'acc[i]')} }`
        : `for (var j = 0u; j < 4u; j++) {
      if (column + j < ${n}u) { ${store(c, 'C', `row * ${n}u + column + j`, 'acc[i][j]')} }
    }`
    }
  }
}`,
      workgroups: (dims) => [Math.ceil(n / tile), Math.ceil(sizeIn(m, dims) / tile), 1],
    },
  ];
}

interface Operand {
  readonly vector: boolean;
  readonly layout: 'direct' | 'transposed';
  /** WGSL `readX(row, column) -> vec4f`: four stored columns, zero outside. */
  readonly read: string;
}

/** `direct`: the stored rows are the inner dimension; `transposed`: the stored columns are. */
function operand(name: string, tensor: Tensor, layout: Operand['layout']): Operand {
  const [rows, columns] = tensor.shape;
  if (rows === undefined || typeof columns !== 'number') {
    throw new EngineError(
      'graph-invalid',
      `matmul: ${tensor.name} has no fixed number of columns.`,
      'Store it the other way.',
    );
  }
  const vector = columns % 4 === 0;
  const read = vector
    ? `fn read${name}(row: u32, column: u32) -> vec4f {
  if (row >= ${size(rows)} || column >= ${columns}u) { return vec4f(0.0); }
  return ${name}[(row * ${columns}u + column) / 4u];
}`
    : `fn read${name}(row: u32, column: u32) -> vec4f {
  var v = vec4f(0.0);
  if (row >= ${size(rows)}) { return v; }
  for (var j = 0u; j < 4u; j++) { if (column + j < ${columns}u) { v[j] = ${name}[row * ${columns}u + column + j]; } }
  return v;
}`;
  return { vector, layout, read };
}

/** WGSL `loadX(block, base, k0)`: brings the 4 × 4 block number `block` of a 32 × tile piece into workgroup memory. */
function blockLoader(name: string, layout: Operand['layout'], quads: number): string {
  const innerQuads = tileK / 4;
  return layout === 'direct'
    ? `fn load${name}(block: u32, base: u32, k0: u32) {
  let quad = block % ${quads}u;
  let k = (block / ${quads}u) * 4u;
  for (var i = 0u; i < 4u; i++) { tile${name}[(k + i) * ${quads}u + quad] = read${name}(k0 + k + i, base + quad * 4u); }
}`
    : `fn load${name}(block: u32, base: u32, k0: u32) {
  let k = (block % ${innerQuads}u) * 4u;
  let quad = block / ${innerQuads}u;
  let row = base + quad * 4u;
  let t = transpose(mat4x4f(read${name}(row, k0 + k), read${name}(row + 1u, k0 + k), read${name}(row + 2u, k0 + k), read${name}(row + 3u, k0 + k)));
  for (var i = 0u; i < 4u; i++) { tile${name}[(k + i) * ${quads}u + quad] = t[i]; }
}`;
}

/** Spreads the blocks of both operands over the threads: half each where they suffice, else both in turn. */
function loads(threads: number, quads: number): string {
  const blocks = (tileK / 4) * quads;
  return threads >= 2 * blocks
    ? `if (lane < ${blocks}u) { loadA(lane, rowBase, k0); } else if (lane < ${2 * blocks}u) { loadB(lane - ${blocks}u, columnBase, k0); }`
    : `for (var block = lane; block < ${blocks}u; block += ${threads}u) { loadA(block, rowBase, k0); loadB(block, columnBase, k0); }`;
}
