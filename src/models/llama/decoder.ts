import { hashAll } from '../../base/random.ts';
import { VerbenaError } from '../../base/errors.ts';
import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import type { Dims } from '../../engine/graph/types.ts';
import { createOnnxSession } from '../../engine/onnx/session.ts';
import { withFewRows } from '../../engine/ops/matmul/fewRows.ts';
import { maxAttentionBlocks } from '../../engine/ops/packing.ts';
import type { AdamWStep, EngineSession, StepOutcome } from '../../engine/session.ts';
import { createWebGpuSession } from '../../engine/webgpu/session.ts';
import { matmulShapes } from '../../engine/webgpu/tuner/table.ts';
import { adapterWeights, readAdapter } from '../adapters/files.ts';
import type { TrainedParts } from '../adapters/trainedParts.ts';
import type { Lowering } from '../lowering.ts';
import type { WeightSource } from '../weights.ts';
import { parseLlamaConfig, type LlamaConfig } from './config.ts';
import { causalFeed, generationFeed, learnedTokens, type CausalExample, type NewToken } from './feed.ts';
import { buildLlamaGraph } from './graph.ts';
import { ropeFrequencies } from './rotations.ts';
import { loadWeights, publishedOf, publishedWeights, writeParameters } from './state.ts';

export interface DecoderOptions extends TaskOptions {
  /** `config.json`, parsed. */
  readonly config: unknown;
  /** Null: a fresh model. */
  readonly weights: WeightSource | null;
  readonly lowering: Lowering;
  /** Most tokens of prompt and reply together. */
  readonly contextTokens: number;
  /** Most replies drawn at once. */
  readonly sequences: number;
  /** What an adapter is made of, or which parts train; null (default): the model as it was published. */
  readonly trained?: TrainedParts | null;
  /** Tokens of a training pass; 0 (default): nothing is to be trained, and no memory is planned for it. */
  readonly budgetTokens?: number;
  /** Of them, most that are learned: logits are planned for so many. Default: all. */
  readonly learnedAtOnce?: number;
  /** Seeds fresh weights and adapters. */
  readonly seed?: number;
}

/** Tokens of a prompt that one pass reads. */
const passTokens = 256;
/** Further replies share the prompt's rows of the cache, and rarely need a whole context of their own. */
const ownTokens = 512;

/** A decoder of the Llama family, ready to generate and, where parts of it train, to learn. */
export class Decoder {
  readonly frequencies: Float64Array;

  private constructor(
    readonly config: LlamaConfig,
    readonly session: EngineSession,
    private readonly capacity: Dims,
    readonly contextTokens: number,
    readonly sequences: number,
    readonly cacheRows: number,
    readonly trained: TrainedParts | null,
  ) {
    this.frequencies = ropeFrequencies(config);
  }

  /**
   * Plans, allocates and loads. Throws `model-unsupported`, `config-invalid`, `trained-parts-invalid`, `tensors-missing`, `tensor-shape`,
   * `tensors-extra`, `limit-too-small`, `out-of-memory`, `aborted`.
   */
  static async create(options: DecoderOptions): Promise<Decoder> {
    const { lowering, sequences, trained = null, budgetTokens = 0, signal, onProgress } = options;
    const config = parseLlamaConfig(options.config);
    const contextTokens = Math.min(options.contextTokens, config.maxPositions);
    const cacheRows = contextTokens + (sequences - 1) * Math.min(contextTokens, ownTokens);
    const common = { config, cacheRows, ...(trained ? { trained } : {}) };
    const inference = buildLlamaGraph({ ...common, purpose: 'generate' });
    const training = budgetTokens > 0 ? buildLlamaGraph({ ...common, purpose: 'train' }) : inference;
    const T = Math.max(Math.min(passTokens, contextTokens), sequences, budgetTokens);
    const capacity: Dims = {
      T,
      B: Math.max(sequences, options.learnedAtOnce ?? budgetTokens),
      R: 1,
      K: budgetTokens > 0 ? maxAttentionBlocks(T, T) : 1,
      N: cacheRows,
    };
    const sessionOptions = { training, inference, capacity };
    const session = await openDecoderSession(lowering, sessionOptions);
    try {
      const fresh = { seed: options.seed ?? 0, deviation: config.initializerRange };
      await loadWeights(session, options.weights, fresh, (done, total) => {
        throwIfAborted(signal);
        onProgress?.({ phase: 'loading weights', done, total, unit: 'elements' });
      });
      return new Decoder(config, session, capacity, contextTokens, sequences, cacheRows, trained);
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  /** Numbers that the model holds, adapters left out. */
  get parameterCount(): number {
    return publishedOf(this.session.parameters)
      .filter(({ name }) => !name.startsWith('base_model.model.'))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  }

  /** Numbers that train. */
  get trainedCount(): number {
    return this.session.parameters
      .filter(({ tensor }) => this.session.trained.has(tensor.name))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  }

  /** Most tokens that one pass reads, and most of them that may be asked. */
  get passCapacity(): { readonly tokens: number; readonly asked: number } {
    return { tokens: this.capacity.T, asked: this.capacity.B };
  }

  /** Reads new tokens on top of the cache: logits `[asked, vocabulary]`. Throws `batch-too-large`, `device-lost`. */
  async read(tokens: readonly NewToken[]): Promise<Float32Array> {
    const outputs = await this.session.infer(generationFeed(tokens, this.frequencies), ['logits']);
    return outputs.get('logits') ?? new Float32Array();
  }

  /**
   * Forward and backward over micro-batches of examples, then one update (none where `optimizer` is null). The loss is the mean over all
   * tokens that count. Throws `loss-not-finite`, `batch-too-large`, `tuning-empty`.
   */
  trainStep(
    batches: readonly (readonly CausalExample[])[],
    optimizer: (AdamWStep & { readonly seed: number }) | null,
  ): Promise<StepOutcome> {
    const counted = batches.flat().reduce((sum, example) => sum + learnedTokens(example), 0);
    if (counted === 0)
      throw new VerbenaError(
        'tuning-empty',
        'None of these examples has a token to learn.',
        'Give examples with a reply, and a maximum length that leaves room for it.',
      );
    const feeds = batches.map((batch, i) =>
      causalFeed(batch, this.frequencies, {
        seed: optimizer ? hashAll(optimizer.seed, optimizer.step, i) : 0,
        lossScale: 1 / counted,
      }),
    );
    return this.session.step(feeds, optimizer);
  }

  /** All weights by published name, adapters under PEFT's. */
  get weights(): WeightSource {
    return publishedWeights(this.session);
  }

  /** The adapter alone, under PEFT's names. */
  get adapter(): WeightSource {
    return adapterWeights(this.weights, this.session.parameters);
  }

  /** Throws `adapter-mismatch`. */
  loadAdapter(file: WeightSource): Promise<void> {
    return writeParameters(this.session, readAdapter(file, this.session.parameters));
  }

  dispose(): void {
    this.session.dispose();
  }
}

/** As the other models' (lowering.ts), with weights held once, and kernels for products of few rows where it writes. */
async function openDecoderSession(
  lowering: Lowering,
  options: Parameters<typeof createOnnxSession>[0],
): Promise<EngineSession> {
  if (lowering.kind === 'onnx')
    return createOnnxSession({
      ...options,
      holdsWeights: options.training === options.inference,
      ...(lowering.threads === undefined ? {} : { threads: lowering.threads }),
    });
  const { training, inference, capacity } = options;
  const matmul = await lowering.matmul?.(matmulShapes([training, inference], capacity));
  return createWebGpuSession({
    gpu: lowering.gpu,
    training,
    inference: withFewRows(inference),
    capacity,
    ...(matmul ? { matmul } : {}),
  });
}
