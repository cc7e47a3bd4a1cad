import type { Node } from '../../graph/types.ts';
import { chainCode, plainChain, type Chain } from '../../webgpu/fusion/chain.ts';
import { input, output, size, store, type KernelCall, type KernelEnvironment } from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';
import { columnsOwned, columnSumsCode } from '../columnSums.ts';
import { rowKernel } from '../rowReduction.ts';

/** Mean first, then the variance of the differences, which does not cancel. */
export function layerNormKernels(
  node: Node,
  environment: KernelEnvironment,
  epsilon: number,
  chain: Chain = plainChain(inputAt('layerNorm', node.outputs, 0)),
): KernelCall[] {
  const name = 'layerNorm';
  const x = inputAt(name, node.inputs, 0);
  const [rows, width] = matrix(name, x);
  const operands = [
    input('x', x),
    input('gamma', inputAt(name, node.inputs, 1)),
    input('beta', inputAt(name, node.inputs, 2)),
  ];
  const kernel = {
    label: 'layer norm',
    rows,
    bindings: [...operands, output('moments', inputAt(name, node.outputs, 1))],
    finish: chainCode(chain, false, operands),
    body: (each: (width: number, body: string) => string) => `let base = row * ${width}u;
  var sum = 0.0;
  ${each(width, 'sum += x[base + c];')}
  let mean = reduced(sum, lane) / ${width}.0;
  var squares = 0.0;
  ${each(width, 'let d = x[base + c] - mean; squares += d * d;')}
  let rstd = 1.0 / sqrt(reduced(squares, lane) / ${width}.0 + ${epsilon.toExponential()});
  ${each(width, 'finish((x[base + c] - mean) * rstd * gamma[c] + beta[c], base + c, c);')}
  if (lane == 0u) { moments[row * 2u] = mean; moments[row * 2u + 1u] = rstd; }`,
  };
  return [rowKernel(kernel, environment)];
}

export function layerNormInputGradientKernels(
  node: Node,
  environment: KernelEnvironment,
  chain: Chain = plainChain(inputAt('layerNormInputGradient', node.outputs, 0)),
): KernelCall[] {
  const name = 'layerNormInputGradient';
  const x = inputAt(name, node.inputs, 0);
  const [rows, width] = matrix(name, x);
  const operands = [
    input('x', x),
    input('gamma', inputAt(name, node.inputs, 1)),
    input('moments', inputAt(name, node.inputs, 2)),
    input('dy', inputAt(name, node.inputs, 3)),
  ];
  const kernel = {
    label: 'layer norm gradient',
    rows,
    bindings: operands,
    finish: chainCode(chain, false, operands),
    body: (each: (width: number, body: string) => string) => `let base = row * ${width}u;
  let mean = moments[row * 2u];
  let rstd = moments[row * 2u + 1u];
  var sum = 0.0;
  var product = 0.0;
  ${each(width, 'let g = dy[base + c] * gamma[c]; sum += g; product += g * (x[base + c] - mean) * rstd;')}
  let meanG = reduced(sum, lane) / ${width}.0;
  let meanGx = reduced(product, lane) / ${width}.0;
  ${each(
    width,
    `let normal = (x[base + c] - mean) * rstd;
    finish(rstd * (dy[base + c] * gamma[c] - meanG - normal * meanGx), base + c, c);`,
  )}`,
  };
  return [rowKernel(kernel, environment)];
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
        rows: size(rows),
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
