import { elementCount, type Node, type Tensor, type TensorSpec } from '../../graph/types.ts';
import { chainCode, plainChain, type Chain } from '../../webgpu/fusion/chain.ts';
import {
  eachElement,
  folded,
  input,
  output,
  size,
  sizeIn,
  type Binding,
  type KernelCall,
  type KernelEnvironment,
} from '../../webgpu/kernel.ts';
import { oneSize } from '../../webgpu/subgroups.ts';
import { inputAt } from '../check.ts';
import type { MatmulOptions } from './options.ts';
import { finishRow, productOf, type Product } from './product.ts';
import { covered, registerCode, registerTile, sharingOf } from './registers.ts';
import { matrixTile, subgroupMatrixCode } from './subgroupMatrix.ts';
import { tiledCode, type TiledProduct } from './tiled.ts';
import { choiceFor, matmulTiles, shapeOf } from './tiles.ts';

/**
 * C[M, N] = op(A) · op(B), each element of which then goes through `chain`. Storage: A `[M, K]` or `[K, M]`; B `[K, N]` or `[N, K]`;
 * stored rows may be a symbolic size, stored columns may not. Two kernels: through workgroup memory (tiled.ts), or from registers alone
 * (registers.ts). A node with a second output, the scratch that `matmulScratch` asked for, is split along K: partial sums, then one
 * dispatch that adds them in order.
 */
export function matmulKernels(
  node: Node,
  environment: KernelEnvironment,
  options: MatmulOptions,
  chain: Chain = plainChain(inputAt('matmul', node.outputs, 0)),
): KernelCall[] {
  const product = productOf(node, options, staysInRegisters(environment));
  if (staysInRegisters(environment)) return [registerProduct(product, environment, options, chain)];
  const partials = node.outputs[1];
  return partials
    ? splitProduct(product, environment, options, partials, chain)
    : [tiledProduct(product, environment, options, chain)];
}

/** Operands are rounded to halves in workgroup memory alone: who asks for them gets the tiled kernels on software adapters too. */
const staysInRegisters = ({ avoidsBarriers, precision }: KernelEnvironment) =>
  avoidsBarriers && precision !== 'f16';

/** Room for the partial sums `[splits · M, N]` of a product whose inner dimension this device shares between workgroups. */
export function matmulScratch(
  node: Node,
  environment: KernelEnvironment,
  options: MatmulOptions,
): readonly TensorSpec[] {
  if (staysInRegisters(environment)) return [];
  const product = productOf(node, options);
  const { splits } = choiceFor(shapeOf(product, options, environment.capacity), environment);
  if (splits === 1 || typeof product.rows !== 'number') return [];
  return [{ shape: [splits * product.rows, product.columns], dtype: 'f32', suffix: 'partials' }];
}

function operandBindings({ a, b, left, right, norm }: Product, { normed }: MatmulOptions): Binding[] {
  const element = ({ vector }: Product['left']) => (vector ? 'vec4f' : 'f32');
  const operands = [input('A', a, element(left)), input('B', b, element(right))];
  if (!norm) return operands;
  const column = element(normed === 'A' ? left : right);
  return [
    ...operands,
    input('moments', norm.moments),
    input('gamma', norm.gamma, column),
    input('beta', norm.beta, column),
  ];
}

const labelOf = (name: string, chain: string) => (chain ? `${name}, ${chain}` : name);

function registerProduct(
  product: Product,
  environment: KernelEnvironment,
  options: MatmulOptions,
  chain: Chain,
): KernelCall {
  const { left, right, rows, columns, inner } = product;
  const height = sizeIn(rows, environment.capacity);
  const possible = sharingOf(oneSize(environment.subgroups));
  const tile = registerTile(height, columns, possible !== null);
  // Fewer rows than sharers are read by each thread itself.
  const sharing = possible && tile.rows >= possible.sharers ? possible : null;
  const area = covered(tile);
  const operands = operandBindings(product, options);
  const finish = chainCode(chain, columns % 4 === 0, operands);
  return {
    label: labelOf('matmul', finish.label),
    bindings: [...operands, ...finish.bindings],
    constants: finish.constants,
    ...(sharing ? { enables: ['subgroups'] } : {}),
    code: `${finish.code}${registerCode(left, right, tile, size(inner), finishRow(product), sharing)}`,
    workgroups: (dims) => [Math.ceil(columns / area.columns), Math.ceil(sizeIn(rows, dims) / area.rows), 1],
  };
}

function tiledProduct(
  product: Product,
  environment: KernelEnvironment,
  options: MatmulOptions,
  chain: Chain,
): KernelCall {
  const { left, right, rows, columns, inner } = product;
  const tile = matmulTiles[choiceFor(shapeOf(product, options, environment.capacity), environment).tile];
  const area = environment.subgroupMatrix ? matrixTile : tile;
  const operands = operandBindings(product, options);
  const finish = chainCode(chain, columns % 4 === 0, operands);
  const storeRow = finishRow(product);
  return {
    label: labelOf('matmul', finish.label),
    bindings: [...operands, ...finish.bindings],
    constants: finish.constants,
    ...precisionOf(environment),
    code: `${finish.code}${productCode({ left, right, tile, inner: size(inner), splits: 1, storeRow, half: halfOf(environment, options) }, environment)}`,
    workgroups: (dims) => [Math.ceil(columns / area.columns), Math.ceil(sizeIn(rows, dims) / area.rows), 1],
  };
}

const halfOf = (
  { precision, emulatesHalf = false }: KernelEnvironment,
  { gradient }: MatmulOptions,
): TiledProduct['half'] =>
  precision === 'f16' ? { scaled: gradient ?? null, isEmulated: emulatesHalf } : null;

const precisionOf = ({
  precision,
  emulatesHalf,
  subgroupMatrix,
}: KernelEnvironment): Pick<KernelCall, 'enables'> => {
  const halves = precision === 'f16' && !emulatesHalf ? (['f16'] as const) : [];
  const matrices = subgroupMatrix ? (['subgroups', 'chromium_experimental_subgroup_matrix'] as const) : [];
  const sizes = subgroupMatrix?.isPinned ? (['subgroup_size_control'] as const) : [];
  return { enables: [...halves, ...matrices, ...sizes] };
};

/** By matrix instructions where the session was allowed them, else by the tile. */
const productCode = (product: TiledProduct, { subgroupMatrix }: KernelEnvironment): string =>
  subgroupMatrix ? subgroupMatrixCode(product, subgroupMatrix) : tiledCode(product);

/** Partial sums of K / splits inner columns each, then their sum in order, through the chain. */
function splitProduct(
  product: Product,
  environment: KernelEnvironment,
  options: MatmulOptions,
  partials: Tensor,
  chain: Chain,
): KernelCall[] {
  const { left, right, c, rows, columns, inner } = product;
  const { tile: name } = choiceFor(shapeOf(product, options, environment.capacity), environment);
  const tile = matmulTiles[name];
  const area = environment.subgroupMatrix ? matrixTile : tile;
  const height = sizeIn(rows, environment.capacity);
  const splits = elementCount(partials.shape, environment.capacity) / (height * columns);
  const vector = columns % 4 === 0;
  const element = vector ? 'vec4f' : 'f32';
  const width = vector ? 4 : 1;
  const elements = (height * columns) / width;
  const finish = chainCode(chain, vector);
  const storeRow = (row: string, column: string, value: string) =>
    (vector ? [0] : [0, 1, 2, 3])
      .map(
        (j) =>
          `if (${row} < ${height}u && ${column} + ${j}u < ${columns}u) { partials[((group.z * ${height}u + ${row}) * ${columns}u + ${column} + ${j}u) / ${width}u] = ${vector ? value : `${value}[${j}]`}; }`,
      )
      .join('\n  ');
  return [
    {
      label: 'matmul, split',
      bindings: [...operandBindings(product, options), output('partials', partials, element)],
      ...precisionOf(environment),
      code: productCode(
        { left, right, tile, inner: size(inner), splits, storeRow, half: halfOf(environment, options) },
        environment,
      ),
      workgroups: () => [Math.ceil(columns / area.columns), Math.ceil(height / area.rows), splits],
    },
    {
      label: labelOf(`sum of ${c.kind === 'gradient' ? 'gradient ' : ''}partials`, finish.label),
      bindings: [input('partials', partials, element), ...finish.bindings],
      constants: finish.constants,
      code: `${finish.code}${eachElement(`${elements}u`)}
  var sum = partials[i];
  for (var s = 1u; s < ${splits}u; s++) { sum += partials[s * ${elements}u + i]; }
  finish(sum, i * ${width}u, (i * ${width}u) % ${columns}u);
}`,
      workgroups: () => folded(Math.ceil(elements / 256)),
    },
  ];
}
