import { EngineError } from '../../errors.ts';
import type { Dim, Node, Tensor } from '../../graph/types.ts';
import { size } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import { operand, type Operand } from './operand.ts';
import type { MatmulOptions } from './options.ts';

/** A product `C[M, N] = op(A) · op(B)` as the kernels see it. */
export interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  readonly rows: Dim;
  readonly columns: number;
  readonly inner: Dim;
  readonly left: Operand;
  readonly right: Operand;
  /** What else the kernels read where an operand is a layer norm's output, formed anew. */
  readonly norm: { readonly moments: Tensor; readonly gamma: Tensor; readonly beta: Tensor } | null;
}

/** Reads a matmul node; stored rows may be a symbolic size, stored columns may not. `byQuads`: see `OperandOptions`. */
export function productOf(node: Node, options: MatmulOptions, byQuads = false): Product {
  const a = inputAt('matmul', node.inputs, 0);
  const b = inputAt('matmul', node.inputs, 1);
  const c = inputAt('matmul', node.outputs, 0);
  const [rows, columns] = c.shape;
  const inner = options.transposeA ? a.shape[0] : a.shape[1];
  if (rows === undefined || inner === undefined || typeof columns !== 'number') {
    throw new EngineError(
      'graph-invalid',
      `matmul: ${c.name} has no fixed number of columns.`,
      'Swap the operands.',
    );
  }
  return {
    a,
    b,
    c,
    rows,
    columns,
    inner,
    left: operand('A', a, options.transposeA ? 'inner' : 'outer', {
      isNormed: options.normed === 'A',
      byQuads,
    }),
    right: operand('B', b, options.transposeB ? 'outer' : 'inner', {
      isNormed: options.normed === 'B',
      byQuads,
    }),
    norm: options.normed
      ? {
          moments: inputAt('matmul', node.inputs, 2),
          gamma: inputAt('matmul', node.inputs, 3),
          beta: inputAt('matmul', node.inputs, 4),
        }
      : null,
  };
}

/**
 * WGSL that hands `value`, four columns of a row of C from `column` on, to the chain's `finish` where it lies inside C: at once where a
 * row is a whole number of vectors, else one by one.
 */
export function finishRow({ rows, columns }: Pick<Product, 'rows' | 'columns'>) {
  const within = size(rows);
  return (row: string, column: string, value: string): string =>
    columns % 4 === 0
      ? `if (${row} < ${within} && ${column} < ${columns}u) { finish(${value}, (${row}) * ${columns}u + ${column}, ${column}); }`
      : [0, 1, 2, 3]
          .map(
            (j) =>
              `if (${row} < ${within} && ${column} + ${j}u < ${columns}u) { finish(${value}[${j}], (${row}) * ${columns}u + ${column} + ${j}u, ${column} + ${j}u); }`,
          )
          .join('\n  ');
}
