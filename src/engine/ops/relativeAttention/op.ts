import { EngineError, shapeError } from '../../errors.ts';
import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt } from '../check.ts';
import { relativeAttentionGradientKernels, relativeAttentionKernels } from './kernel.ts';
import { relativeAttentionGradientOnnx, relativeAttentionOnnx } from './onnx.ts';

export interface RelativeAttentionOptions {
  readonly heads: number;
  readonly headSize: number;
  /** Query i sees keys j <= i only. */
  readonly causal: boolean;
  /** Whether the segment term takes part (XLNet leaves it out where it is given no token types). */
  readonly segments: boolean;
  /** Dropout on the attention probabilities; 0: none. */
  readonly rate: number;
  readonly salt: number;
}

/**
 * XLNet's attention over packed sequences (docs/kernels.md; Yang et al. 2019, section 2.4):
 * `a_ij = ((q_i + u)·k_j + (q_i + w)·r_{i-j} + (q_i + b)·e_{s(i,j)}) / sqrt(headSize)`, softmax over the j of i's sequence,
 * dropout, `o_i = sum_j p_ij v_j`.
 *
 * Inputs, with W = heads × headSize:
 * 0 qkv `[T, 3 W]`; 1 r `[R, W]`: row c is the projected sinusoid of distance `i - j = R/2 - c`;
 * 2 biases `[3, W]`: u = r_w_bias, w = r_r_bias, b = r_s_bias; 3 segmentEmbedding `[2, W]`: same, different;
 * 4 segments `[T]` i32; 5 blocks `[K, 4]` u32: per block of 16 query rows its first row, its sequence's first row and the
 * row after its last, and the sequence's number.
 * Outputs: o `[T, W]` and the log-sum-exp `[T, heads]`. Nothing of size S × S is ever stored.
 */
export function relativeAttention(options: RelativeAttentionOptions): Operation {
  const name = 'relativeAttention';
  const width = options.heads * options.headSize;
  if (options.headSize > 128 || options.headSize < 1) {
    throw shapeError(name, `head size ${options.headSize} is not between 1 and 128`);
  }
  return {
    name,
    infer(inputs) {
      expectShape(name, inputAt(name, inputs, 0), ['T', 3 * width]);
      expectShape(name, inputAt(name, inputs, 1), ['R', width]);
      expectShape(name, inputAt(name, inputs, 2), [3, width]);
      expectShape(name, inputAt(name, inputs, 3), [2, width]);
      expectShape(name, inputAt(name, inputs, 4), ['T']);
      expectShape(name, inputAt(name, inputs, 5), ['K', 4]);
      return [
        { shape: ['T', width], dtype: 'f32' },
        { shape: ['T', options.heads], dtype: 'f32', suffix: 'logSumExp' },
      ];
    },
    gradient({ graph, node, outputGradients: [dOut] }) {
      if (!dOut) return node.inputs.map(() => null);
      const [dQkv, dR, dBiases, dSegment] = graph.apply(
        relativeAttentionGradient(options),
        [...node.inputs, ...node.outputs, dOut],
        `grad.${inputAt(name, node.outputs, 0).name}`,
      );
      return [
        dQkv ?? null,
        dR ?? null,
        dBiases ?? null,
        options.segments ? (dSegment ?? null) : null,
        null,
        null,
      ];
    },
    kernels: (node, environment) => relativeAttentionKernels(node, environment, options),
    onnx: (node, emit) => relativeAttentionOnnx(node, emit, options),
  };
}

/**
 * Inputs: the six of the forward op, o, logSumExp, dO. Outputs: dQkv `[T, 3 W]`, dR `[R, W]`, dBiases `[3, W]`,
 * dSegmentEmbedding `[2, W]`, and scratch `[T, 7 heads]` of row, column and distance sums.
 */
function relativeAttentionGradient(options: RelativeAttentionOptions): Operation {
  const name = 'relativeAttentionGradient';
  const width = options.heads * options.headSize;
  return {
    name,
    infer: () => [
      { shape: ['T', 3 * width], dtype: 'f32', suffix: 'qkv' },
      { shape: ['R', width], dtype: 'f32', suffix: 'r' },
      { shape: [3, width], dtype: 'f32', suffix: 'biases' },
      { shape: [2, width], dtype: 'f32', suffix: 'segmentEmbedding' },
      { shape: ['T', 7 * options.heads], dtype: 'f32', suffix: 'sums' },
    ],
    gradient() {
      throw new EngineError(
        'graph-invalid',
        `${name} has no gradient rule.`,
        'It is meant for backward passes only.',
      );
    },
    kernels: (node, environment) => relativeAttentionGradientKernels(node, environment, options),
    onnx: (node, emit) => relativeAttentionGradientOnnx(node, emit, options),
  };
}
