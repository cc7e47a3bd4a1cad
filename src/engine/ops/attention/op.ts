import { shapeError } from '../../errors.ts';
import type { Operation, Shape, TensorSpec } from '../../graph/types.ts';
import { expectShape, inputAt, noGradient } from '../check.ts';
import { attentionGradientKernels, attentionKernels } from './kernel.ts';
import { attentionGradientOnnx, attentionOnnx } from './onnx.ts';
import { inputCount, rowsDim } from './tensors.ts';
import type { AttentionOptions } from './options.ts';

/** Largest head size whose accumulators the kernels keep in registers. */
const mostHeadSize = 128;

/**
 * Attention over packed sequences (docs/kernels.md): softmax over the j of i's sequence, dropout, `o_i = sum_j p_ij v_j`.
 * With `s = 1 / sqrt(headSize)` the scores are
 *
 * - absolute: `a_ij = s q_i·k_j`. Inputs, with W = heads × headSize: 0 qkv `[T, 3 W]`; 1 blocks `[K, 4]` u32.
 * - relative (Yang et al. 2019, section 2.4): `a_ij = s ((q_i + u)·k_j + (q_i + w)·r_{i-j} + (q_i + b)·e_{t(i,j)})`. Inputs: 0 qkv
 *   `[T, 3 W]`; 1 r `[R, W]`: row c is the projected sinusoid of distance `i - j = R/2 - c`; 2 biases `[3, W]`: u = r_w_bias,
 *   w = r_r_bias, b = r_s_bias; 3 segmentEmbedding `[2, W]`: same, different; 4 segments `[T]` i32; 5 blocks `[K, 4]` u32.
 *
 * Blocks (`attentionBlocks`): per block of query rows its first row, its sequence's first row and the row after its last,
 * and 1 where its distances count backwards (else 0). Outputs: o `[T, W]` and the log-sum-exp `[T, heads]`. Nothing of size S × S is ever stored.
 *
 * With `memory` (Dai et al. 2019, section 3.2) rows are `[N]` instead of `[T]`: each sequence is its rows of memory, then its own. Blocks
 * are `[K, 5]` (`memoryBlocks`): they cover the rows of memory too, and the fifth number is the sequence's first own row. Rows of memory
 * are seen by the queries behind them; as queries they mean nothing: their o must not be used (take the own rows), and with dO zero there,
 * as such a use gives it, they get gradients as keys alone.
 */
export function attention(options: AttentionOptions): Operation {
  const name = 'attention';
  const { heads, headSize, relative } = options;
  const width = heads * headSize;
  return {
    name,
    infer(inputs) {
      if (!(Number.isInteger(headSize) && headSize >= 1 && headSize <= mostHeadSize)) {
        throw shapeError(
          name,
          `${inputAt(name, inputs, 0).name} has heads of size ${headSize}, not of a whole number between 1 and ${mostHeadSize}`,
        );
      }
      const rows = rowsDim(options);
      const relativeShapes: Shape[] = [['R', width], [3, width], [2, width], [rows]];
      const blocks: Shape = ['K', relative?.memory ? 5 : 4];
      const expected: Shape[] = [[rows, 3 * width], ...(relative ? relativeShapes : []), blocks];
      if (inputs.length !== expected.length)
        throw shapeError(name, `takes ${expected.length} inputs, not ${inputs.length}`);
      expected.forEach((shape, i) => expectShape(name, inputAt(name, inputs, i), shape));
      return [
        { shape: [rows, width], dtype: 'f32' },
        { shape: [rows, heads], dtype: 'f32', suffix: 'logSumExp' },
      ];
    },
    gradient({ graph, node, outputGradients: [dOut] }) {
      if (!dOut) return node.inputs.map(() => null);
      const [dQkv, , dR, dBiases, dSegment] = graph.apply(
        attentionGradient(options),
        [...node.inputs, ...node.outputs, dOut],
        `grad.${inputAt(name, node.outputs, 0).name}`,
      );
      if (!relative) return [dQkv ?? null, null];
      return [
        dQkv ?? null,
        dR ?? null,
        dBiases ?? null,
        relative.segments ? (dSegment ?? null) : null,
        null,
        null,
      ];
    },
    isSensitive: true,
    kernels: (node, environment) => attentionKernels(node, environment, options),
    onnx: (node, emit) => attentionOnnx(node, emit, options),
  };
}

/**
 * Inputs: those of the forward op, o, logSumExp, dO. Outputs: dQkv `[T, 3 W]` and scratch of row and column sums; in the relative form
 * also dR `[R, W]`, dBiases `[3, W]`, dSegmentEmbedding `[2, W]`, and scratch of distance sums and of dR in parts.
 */
function attentionGradient(options: AttentionOptions): Operation {
  const name = 'attentionGradient';
  const { heads, headSize, relative } = options;
  const width = heads * headSize;
  const spec = (suffix: string, ...shape: Shape): TensorSpec => ({ shape, dtype: 'f32', suffix });
  return {
    name,
    infer(inputs) {
      inputAt(name, inputs, inputCount(options) + 2);
      const rows = rowsDim(options);
      const always = [spec('qkv', rows, 3 * width), spec('sums', rows, (relative ? 7 : 2) * heads)];
      if (!relative) return always;
      return [
        ...always,
        spec('r', 'R', width),
        spec('biases', 3, width),
        spec('segmentEmbedding', 2, width),
        spec('distanceSums', 'R', heads),
        spec('partials', rows, width + heads),
      ];
    },
    gradient: noGradient(name),
    kernels: (node, environment) => attentionGradientKernels(node, environment, options),
    onnx: (node, emit) => attentionGradientOnnx(node, emit, options),
  };
}
