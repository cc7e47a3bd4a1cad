import { shapeError } from '../../errors.ts';
import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt, matrix } from '../check.ts';
import { infoNceKernels } from './kernel.ts';
import { infoNceOnnx } from './onnx.ts';

/**
 * Contrastive loss of PIE and SimCSE (van den Oord et al. 2018) over the vectors of one packed batch:
 *
 *     loss = scale · sum over anchors a of -log( exp(s[a, p(a)]) / sum over candidates c of exp(s[a, c]) ),   s = cosine / temperature
 *
 * Inputs: 0 vectors `[B, d]`, not normalised; 1 positives `[B]` i32: the row of an anchor's positive, or -1 where a row is no anchor;
 * 2 groups `[B]` u32: rows of one group other than 0 are no negatives of each other (other texts of the anchor's category).
 * Candidates are all rows that are no anchors, and every anchor's positive: with positives and hard negatives behind the
 * anchors the logits are the paper's B × 2B. `scale` is the feed's `lossScale`: 1 / anchors of the step makes it a mean.
 *
 * Outputs: loss `[1]`; gradient `[B, d]`; weights `[B, B]`, `scale / temperature · (softmax - one-hot)`; inverse norms and loss a row, `[B]`.
 * Cosine of a zero vector counts as 0, and its gradient is 0.
 */
export function infoNCE(temperature: number): Operation {
  const name = 'infoNCE';
  return {
    name,
    infer(inputs) {
      if (!(temperature > 0) || !Number.isFinite(temperature))
        throw shapeError(name, `temperature ${temperature} is not above 0`);
      const vectors = inputAt(name, inputs, 0);
      const [rows] = matrix(name, vectors);
      expectShape(name, inputAt(name, inputs, 1), [rows]);
      expectShape(name, inputAt(name, inputs, 2), [rows]);
      return [
        { shape: [1], dtype: 'f32', kind: 'result' },
        { shape: vectors.shape, dtype: 'f32', suffix: 'gradient' },
        { shape: [rows, rows], dtype: 'f32', suffix: 'weights' },
        { shape: [rows], dtype: 'f32', suffix: 'inverseNorms' },
        { shape: [rows], dtype: 'f32', suffix: 'rowLosses' },
      ];
    },
    gradient: ({ node }) => [inputAt(name, node.outputs, 1), null, null],
    kernels: (node) => infoNceKernels(node, temperature),
    onnx: (node, emit) => infoNceOnnx(node, emit, temperature),
  };
}
