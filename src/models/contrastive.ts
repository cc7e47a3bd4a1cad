import { VerbenaError } from '../base/errors.ts';
import { hashAll } from '../base/random.ts';
import type { Pooling } from '../core/embedding/pooling.ts';
import type { Vectors } from '../core/embedding/vectors.ts';
import { GraphBuilder } from '../engine/graph/builder.ts';
import type { Graph } from '../engine/graph/types.ts';
import { infoNCE } from '../engine/ops/infoNCE/op.ts';
import type { EngineSession, Feed } from '../engine/session.ts';
import { mergedWeights } from './adapters/files.ts';
import { wholeModel, type TrainedParts } from './adapters/trainedParts.ts';
import { SessionClassifier } from './classifier.ts';
import { defineModel } from './create.ts';
import { withoutHead } from './encoder.ts';
import type { BatchCapacity, ModelDefinition, VectorLoss } from './family.ts';
import { openSession, type Lowering } from './lowering.ts';
import { pooledFeed, pooledInputs } from './pooled.ts';
import type { OptimizerStep, PackedBatch, StepResult, TrainableModel } from './trainable.ts';
import type { WeightSource } from './weights.ts';

export interface ContrastiveOptions {
  readonly config: unknown;
  /** Null: a fresh encoder. */
  readonly weights: WeightSource | null;
  readonly lowering: Lowering;
  /** The most a micro-batch may hold. */
  readonly capacity: BatchCapacity;
  readonly seed: number;
  /** Replaces the configured dropout; null: as configured. */
  readonly dropout: number | null;
  readonly pooling: Pooling;
  readonly temperature: number;
  /** Absent: everything trains. */
  readonly trained?: TrainedParts;
  /**
   * Texts of the largest batch, where it does not fit one micro-batch: its vectors are then made first, its loss over all of them, and
   * gradients go back a micro-batch at a time (GradCache, Gao et al. 2021). Null: every batch is one micro-batch.
   */
  readonly cachedTexts: number | null;
}

/** A batch of texts with who is whose positive: see the op `infoNCE`. */
export interface ContrastiveBatch {
  /** Micro-batches in order, and the batch's rows that each holds. Rows count from 0 over the whole batch. */
  readonly parts: readonly { readonly packed: PackedBatch; readonly rows: readonly number[] }[];
  /** `[rows]` */
  readonly positives: Int32Array;
  /** `[rows]`; 0: of no group. */
  readonly groups: Uint32Array;
}

export interface ContrastiveResult extends StepResult {
  /** Of the batch's rows as they were trained on, dropout included; not normalised. */
  readonly vectors: Vectors;
}

/**
 * An encoder under a contrastive loss. Throws as `createTrainableModel`, and `batch-too-large` where a batch has several
 * micro-batches and the model was not made for it.
 */
export async function createContrastiveModel(options: ContrastiveOptions): Promise<ContrastiveModel> {
  const definition = defineModel(options.config);
  const { temperature, cachedTexts, weights, seed } = options;
  const graphs = buildGraphs(definition, options);
  const session = await openSession(options.lowering, {
    ...graphs,
    capacity: definition.capacity(options.capacity),
  });
  const state = new SessionClassifier(definition, session, 1);
  try {
    await state.load(weights && withoutHead(weights, definition.headPrefixes), seed);
    const width = widthOf(graphs.training);
    const loss =
      cachedTexts === null ? null : await createLoss(options.lowering, width, cachedTexts, temperature);
    return new ContrastiveModel(definition, session, state, options.pooling, width, loss);
  } catch (error) {
    state.dispose();
    throw error;
  }
}

function buildGraphs(
  definition: ModelDefinition,
  { pooling, temperature, dropout, trained = wholeModel, cachedTexts }: ContrastiveOptions,
): { training: Graph; inference: Graph } {
  const build = (training: boolean, loss: VectorLoss | null) =>
    definition.graph({ labelCount: 1, training, dropout, trained, pooled: { pooling, loss } });
  if (cachedTexts === null)
    return { training: build(true, { kind: 'contrastive', temperature }), inference: build(false, null) };
  // The first pass of a cached step draws the dropout of the second: the same graph, the same seed.
  return { training: build(true, { kind: 'given' }), inference: build(true, null) };
}

export class ContrastiveModel {
  readonly lowering: EngineSession['lowering'];

  constructor(
    private readonly definition: ModelDefinition,
    private readonly session: EngineSession,
    /** Parameters and moments by published name, for checkpoints and for saving. Its steps and logits are not to be used. */
    readonly state: TrainableModel,
    private readonly pooling: Pooling,
    readonly width: number,
    private readonly loss: EngineSession | null,
  ) {
    this.lowering = session.lowering;
  }

  /** Forward, backward and one update over a batch. The loss is the mean over anchors. Throws as `EngineSession.step`. */
  async trainStep(batch: ContrastiveBatch, step: OptimizerStep): Promise<ContrastiveResult> {
    const anchors = batch.positives.reduce((count, positive) => count + (positive >= 0 ? 1 : 0), 0);
    const scale = 1 / Math.max(1, anchors);
    const feeds = this.feeds(batch, step, scale);
    if (this.loss) return this.cachedStep(this.loss, batch, feeds, step, scale);
    const [feed] = feeds;
    const [part] = batch.parts;
    if (!feed || !part || feeds.length > 1)
      throw new VerbenaError(
        'batch-too-large',
        `A batch of ${feeds.length} micro-batches needs gradient caching.`,
        'Raise the token budget, or switch gradient caching on.',
      );
    const order = (values: Int32Array | Uint32Array) => part.rows.map((row) => values[row] as number);
    const placeOf = new Int32Array(batch.positives.length);
    part.rows.forEach((row, place) => (placeOf[row] = place));
    const positives = Int32Array.from(order(batch.positives), (row) =>
      row < 0 ? -1 : (placeOf[row] as number),
    );
    const tensors = new Map(feed.tensors)
      .set(pooledInputs.positives, positives)
      .set(pooledInputs.groups, Uint32Array.from(order(batch.groups)));
    const outcome = await this.session.step([{ ...feed, tensors }], step);
    const vectors = this.gather(batch, [await this.session.trainingOutput('vectors')]);
    return { ...outcome, vectors };
  }

  /** The encoder as a file holds it: low-rank updates added in. Copied, so that it outlives the model. */
  async mergedWeights(): Promise<WeightSource> {
    const tensors = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
    for await (const { name, shape, data } of this.state.readState(['parameter']))
      tensors.set(name, { shape, data });
    const read = async (name: string) => tensors.get(name)?.data ?? new Float32Array();
    const source = { tensors: [...tensors].map(([name, { shape }]) => ({ name, shape })), read };
    return mergedWeights(source, this.session.parameters);
  }

  dispose(): void {
    this.loss?.dispose();
    this.state.dispose();
  }

  private async cachedStep(
    loss: EngineSession,
    batch: ContrastiveBatch,
    feeds: readonly Feed[],
    step: OptimizerStep,
    lossScale: number,
  ): Promise<ContrastiveResult> {
    const parts: Float32Array[] = [];
    for (const feed of feeds) {
      const outputs = await this.session.infer(feed, ['vectors']);
      parts.push(outputs.get('vectors') ?? new Float32Array());
    }
    const vectors = this.gather(batch, parts);
    const outputs = await loss.infer({
      dims: { T: 1, B: vectors.count, R: 1, K: 1 },
      tensors: new Map<string, Float32Array | Int32Array | Uint32Array>([
        ['vectors', vectors.values],
        [pooledInputs.positives, batch.positives],
        [pooledInputs.groups, batch.groups],
      ]),
      seed: 0,
      lossScale,
    });
    const gradient = outputs.get('gradient') ?? new Float32Array();
    const given = feeds.map((feed, i) => {
      const rows = batch.parts[i]?.rows ?? [];
      const own = new Float32Array(rows.length * this.width);
      rows.forEach((row, at) =>
        own.set(gradient.subarray(row * this.width, (row + 1) * this.width), at * this.width),
      );
      return { ...feed, tensors: new Map(feed.tensors).set(pooledInputs.gradients, own) };
    });
    const { gradientNorm } = await this.session.step(given, step);
    return { loss: outputs.get('loss')?.[0] ?? Number.NaN, gradientNorm, vectors };
  }

  private feeds({ parts }: ContrastiveBatch, step: OptimizerStep, lossScale: number): Feed[] {
    const lengthMultiple = this.lowering === 'onnx' ? 1 : Math.ceil(longestOf(parts) / 16) * 16;
    return parts.map(({ packed }, i) => {
      const seed = hashAll(step.seed, step.step, i);
      const feed = this.definition.feed({ ...packed, targets: null }, { seed, lossScale, lengthMultiple });
      return { ...feed, tensors: new Map([...feed.tensors, ...pooledFeed(packed.offsets, this.pooling)]) };
    });
  }

  /** Vectors of the micro-batches in the order of the batch's rows. */
  private gather({ parts, positives }: ContrastiveBatch, made: readonly Float32Array[]): Vectors {
    const { width } = this;
    const values = new Float32Array(positives.length * width);
    parts.forEach(({ rows }, i) =>
      rows.forEach((row, at) =>
        values.set(made[i]?.subarray(at * width, (at + 1) * width) ?? [], row * width),
      ),
    );
    return { count: positives.length, width, values };
  }
}

/** The loss over the vectors of a whole batch, in a session of its own. */
function createLoss(
  lowering: Lowering,
  width: number,
  texts: number,
  temperature: number,
): Promise<EngineSession> {
  const builder = new GraphBuilder();
  const [loss, gradient] = builder.apply(
    infoNCE(temperature),
    [
      builder.input('vectors', ['B', width], 'f32'),
      builder.input(pooledInputs.positives, ['B'], 'i32'),
      builder.input(pooledInputs.groups, ['B'], 'u32'),
    ],
    'loss',
  );
  if (loss) builder.output('loss', loss);
  if (gradient) builder.output('gradient', gradient);
  const graph = builder.build();
  return openSession(lowering, {
    training: graph,
    inference: graph,
    capacity: { T: 1, B: texts, R: 1, K: 1 },
  });
}

function widthOf(graph: Graph): number {
  const width = graph.outputs.get('vectors')?.shape[1];
  return typeof width === 'number' ? width : 0;
}

function longestOf(parts: ContrastiveBatch['parts']): number {
  let longest = 1;
  for (const { packed } of parts)
    for (let b = 0; b + 1 < packed.offsets.length; b++)
      longest = Math.max(longest, (packed.offsets[b + 1] as number) - (packed.offsets[b] as number));
  return longest;
}
