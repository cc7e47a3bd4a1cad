import type { Node } from '../../graph/types.ts';
import { input, output, size, store, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import { columnsOwned, columnSumsCode } from '../columnSums.ts';

/** y[n] = sum over m of x[m, n], in an order that is the same on every run. */
export function sumRowsKernels(node: Node): KernelCall[] {
  const x = inputAt('sumRows', node.inputs, 0);
  const y = inputAt('sumRows', node.outputs, 0);
  const [rows = 1, columns] = x.shape;
  const width = typeof columns === 'number' ? columns : 1;
  return [
    {
      label: 'sum rows',
      bindings: [input('x', x), output('y', y)],
      code: columnSumsCode({
        rows: size(rows),
        width,
        terms: [(_, at) => `x[${at}]`],
        store: [(column, total) => store(y, 'y', column, total)],
      }),
      workgroups: () => [Math.ceil(width / columnsOwned), 1, 1],
    },
  ];
}
