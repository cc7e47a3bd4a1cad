import type { Node } from '../../graph/types.ts';
import { chainCode, plainChain, type Chain } from '../../webgpu/fusion/chain.ts';
import { input, output, size, store, type KernelCall, type KernelEnvironment } from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';
import { columnsOwned, columnSumsCode } from '../columnSums.ts';
import { rowKernel } from '../rowReduction.ts';
import { piecesOf, type Pieces, type RmsNormOptions } from './pieces.ts';

type Each = (width: number, body: string) => string;

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
function handedOn({ count, normed, size: width }: Pieces, each: Each, value: string): string {
  return normed === count
    ? ''
    : `
  if (piece >= ${normed}u) {
    ${each(width, `finish(${value}, base + c, ${columnOf(width, count)});`)}
    return;
  }`;
}

/** WGSL: column `c` of the piece as one of its row; `piece` is there only where a row has several. */
const columnOf = (width: number, count: number) => (count === 1 ? 'c' : `piece * ${width}u + c`);
const pieceOf = (count: number) => (count === 1 ? '0u' : 'piece');

export function rmsNormKernels(
  node: Node,
  environment: KernelEnvironment,
  options: RmsNormOptions,
  chain: Chain = plainChain(inputAt('rmsNorm', node.outputs, 0)),
): KernelCall[] {
  const name = 'rmsNorm';
  const x = inputAt(name, node.inputs, 0);
  const [rows, row] = matrix(name, x);
  const pieces = piecesOf(x, options);
  const { size: width, count, normed } = pieces;
  const operands = [input('x', x), input('gamma', inputAt(name, node.inputs, 1))];
  const kernel = {
    label: 'rms norm',
    rows,
    pieces: count,
    bindings: [...operands, output('rstd', inputAt(name, node.outputs, 1))],
    finish: chainCode(chain, false, operands),
    body: (
      each: Each,
    ) => `let base = row * ${row}u + ${pieceOf(count)} * ${width}u;${handedOn(pieces, each, 'x[base + c]')}
  let scaleAt = ${gammaBase(pieces)};
  var squares = 0.0;
  ${each(width, 'let v = x[base + c]; squares += v * v;')}
  let r = 1.0 / sqrt(reduced(squares, lane) / ${width}.0 + ${options.epsilon.toExponential()});
  ${each(width, `finish(x[base + c] * r * gamma[scaleAt + c], base + c, ${columnOf(width, count)});`)}
  if (lane == 0u) { rstd[row * ${normed}u + ${pieceOf(count)}] = r; }`,
  };
  return [rowKernel(kernel, environment)];
}

export function rmsNormInputGradientKernels(
  node: Node,
  environment: KernelEnvironment,
  options: RmsNormOptions,
  chain: Chain = plainChain(inputAt('rmsNormInputGradient', node.outputs, 0)),
): KernelCall[] {
  const name = 'rmsNormInputGradient';
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
  const kernel = {
    label: 'rms norm gradient',
    rows,
    pieces: count,
    bindings: operands,
    finish: chainCode(chain, false, operands),
    body: (
      each: Each,
    ) => `let base = row * ${row}u + ${pieceOf(count)} * ${width}u;${handedOn(pieces, each, 'dy[base + c]')}
  let scaleAt = ${gammaBase(pieces)};
  let r = rstd[row * ${normed}u + ${pieceOf(count)}];
  var product = 0.0;
  ${each(width, 'product += dy[base + c] * gamma[scaleAt + c] * x[base + c] * r;')}
  let mean = reduced(product, lane) / ${width}.0;
  ${each(width, `finish(r * (dy[base + c] * gamma[scaleAt + c] - x[base + c] * r * mean), base + c, ${columnOf(width, count)});`)}`,
  };
  return [rowKernel(kernel, environment)];
}

/** A row of workgroups for each row of gamma: over all the pieces that it scales, each a row of the sum. */
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
  const pieceAt = (summed: string) => `firstPiece + ${summed} % pieces`;
  return [
    {
      label: 'rms norm parameter gradient',
      bindings: [
        input('x', x),
        input('rstd', inputAt(name, node.inputs, 1)),
        input('dy', inputAt(name, node.inputs, 2)),
        output('dGamma', dGamma),
      ],
      code: columnSumsCode({
        rows: `${size(rows)} * pieces`,
        width,
        prologue: `let firstPiece = ${chosen(starts)}; let pieces = ${chosen(parts)};`,
        at: (summed, column) => `${summed} / pieces * ${row}u + (${pieceAt(summed)}) * ${width}u + ${column}`,
        terms: [
          (summed, at) => `dy[${at}] * x[${at}] * rstd[${summed} / pieces * ${normed}u + ${pieceAt(summed)}]`,
        ],
        store: [(column, total) => store(dGamma, 'dGamma', `group.y * ${width}u + ${column}`, total)],
      }),
      workgroups: () => [Math.ceil(width / columnsOwned), parts.length, 1],
    },
  ];
}
