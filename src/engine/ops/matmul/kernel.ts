import { EngineError } from '../../errors.ts';
import type { Dim, Node } from '../../graph/types.ts';
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
import { operand } from './operand.ts';
import type { MatmulOptions } from './op.ts';
import { covered, registerCode, type RegisterTile } from './registers.ts';
import { tiledCode } from './tiled.ts';

/**
 * C[M, N] = op(A) · op(B). Storage: A `[M, K]` or `[K, M]`; B `[K, N]` or `[N, K]`; stored rows may be a symbolic size, stored
 * columns may not. Two kernels: through workgroup memory (tiled.ts), or from registers alone (registers.ts).
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
  const inner = size((options.transposeA ? a.shape[0] : a.shape[1]) as Dim);
  if (typeof n !== 'number') {
    throw new EngineError(
      'graph-invalid',
      `matmul: ${c.name} has no fixed number of columns.`,
      'Swap the operands.',
    );
  }
  const left = operand('A', a, options.transposeA ? 'inner' : 'outer');
  const right = operand('B', b, options.transposeB ? 'outer' : 'inner');
  const vectorC = n % 4 === 0;
  const storeRow = (row: string, column: string, value: string) =>
    vectorC
      ? `if (${row} < ${size(m)} && ${column} < ${n}u) { ${store(c, 'C', `((${row}) * ${n}u + ${column}) / 4u`, value)} }`
      : [0, 1, 2, 3]
          .map(
            (j) =>
              `if (${row} < ${size(m)} && ${column} + ${j}u < ${n}u) { ${store(c, 'C', `(${row}) * ${n}u + ${column} + ${j}u`, `${value}[${j}]`)} }`,
          )
          .join('\n  ');
  const isSmall = sizeIn(m, environment.capacity) <= 32 || n <= 32;
  const registers: RegisterTile = isSmall ? { rows: 4, quads: 1 } : { rows: 8, quads: 2 };
  const tile = isSmall ? 32 : 64;
  const area = environment.avoidsBarriers ? covered(registers) : { rows: tile, columns: tile };
  return [
    {
      label: 'matmul',
      bindings: [
        input('A', a, left.vector ? 'vec4f' : 'f32'),
        input('B', b, right.vector ? 'vec4f' : 'f32'),
        output('C', c, vectorC ? 'vec4f' : 'f32'),
      ],
      code: environment.avoidsBarriers
        ? registerCode(left, right, registers, inner, storeRow)
        : tiledCode(left, right, tile, inner, storeRow),
      workgroups: (dims) => [Math.ceil(n / area.columns), Math.ceil(sizeIn(m, dims) / area.rows), 1],
    },
  ];
}
