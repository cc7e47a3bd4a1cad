import { VerbenaError } from '../base/errors.ts';
import { hashAll, random } from '../base/random.ts';
import { serialQueue } from '../base/serialQueue.ts';
import type { Parameter } from '../engine/graph/types.ts';
import type { EngineSession, Feed } from '../engine/session.ts';
import type { ModelDefinition } from './family.ts';
import type {
  OptimizerStep,
  PackedBatch,
  PlannedMemory,
  StateKind,
  StateTensor,
  StepResult,
  TensorInfo,
  TrainableModel,
} from './trainable.ts';
import { headGroup, isLoraTensor } from './adapters/trainedParts.ts';
import { chainWeight, encodingNames } from './encodings/headGraph.ts';
import { hiddenCellLoss, labelHead, type EncodedTargets, type LabelHead } from './encodings/labelHead.ts';
import { labelMatrix } from './encodings/labelNames.ts';
import { plainLoss, positiveWeightsInput, type ClassificationLoss } from './loss.ts';
import { carryMemory, rowsBefore, type RecurrenceOptions } from './recurrence.ts';
import { matchTensors } from './files/tensorNames.ts';
import { copyPart, sizeOf, type WeightSource } from './weights.ts';

/** A classifier over any engine session: packed batches in, published tensor names out. */
export class SessionClassifier implements TrainableModel {
  readonly lowering: 'webgpu' | 'onnx';
  readonly stepsInFlight: number;
  readonly scalesGradients: boolean;
  readonly memory: PlannedMemory;
  readonly parameters: readonly TensorInfo[];
  /** Tensors that the model file has and training does not touch, kept for saving. */
  private readonly untouched = new Map<string, StateTensor>();
  /** Where memory is read before a step, other calls must not come between the two. */
  private readonly inOrder = serialQueue();

  constructor(
    private readonly definition: ModelDefinition,
    private readonly session: EngineSession,
    readonly labelCount: number,
    /** What training minimises; its weights are fed to every training step, one an output. */
    private readonly loss: ClassificationLoss = plainLoss,
    /** Reads longer texts segment by segment; both graphs then read memory. */
    private readonly recurrence: RecurrenceOptions | null = null,
    /** How labels become outputs. */
    private readonly head: LabelHead = labelHead(undefined, labelCount, loss),
  ) {
    this.lowering = session.lowering;
    this.scalesGradients = session.scalesGradients ?? false;
    // The memory of a step is read with the weights of the step before.
    this.stepsInFlight = recurrence ? 1 : session.stepsInFlight;
    this.memory = { totalBytes: session.plan.totalBytes, byCategory: session.plan.byCategory };
    this.parameters = publishedTensors(definition, session.parameters);
  }

  get specials(): { readonly before: number; readonly after: number } {
    return this.definition.specials ?? { before: 0, after: 0 };
  }

  segmentIds(ids: Int32Array): Int32Array {
    return this.definition.segmentIds(ids);
  }

  trainStep(batches: readonly PackedBatch[], step: OptimizerStep): Promise<StepResult> {
    const rows = batches.reduce((sum, batch) => sum + batch.offsets.length - 1, 0);
    const lossScale = 1 / (rows * this.head.lossTermsPerRow);
    const run = async (last: readonly PackedBatch[]) => {
      const multiple = this.lengthMultiple(last);
      let hiddenCells = 0;
      const feeds = last.map((batch, i) => {
        const encoded = this.head.encode(batch.targets ?? new Float32Array());
        hiddenCells += encoded.hiddenCells;
        const feed = this.feed(batch, encoded, hashAll(step.seed, step.step, i), lossScale, multiple);
        return step.gradientScale === undefined ? feed : { ...feed, gradientScale: step.gradientScale };
      });
      const result = await this.session.step(feeds, step);
      if (hiddenCells === 0) return result;
      return { ...result, loss: result.loss - hiddenCells * lossScale * hiddenCellLoss(this.loss) };
    };
    if (!this.recurrence) return run(batches);
    return this.inOrder(async () => {
      const last: PackedBatch[] = [];
      for (const batch of batches) last.push(await this.lastSegments(batch));
      return run(last);
    });
  }

  async logits(batch: PackedBatch): Promise<Float32Array> {
    const { reads } = this.head;
    const outputs = this.recurrence
      ? await this.inOrder(async () => this.infer(await this.lastSegments(batch), reads))
      : await this.infer(batch, reads);
    if (outputs.length !== reads.length)
      throw new VerbenaError('graph-invalid', 'The inference graph gave no logits.', 'Report this.');
    return this.head.decode(outputs);
  }

  /** Named outputs of the inference graph, such as hidden states where it keeps them. */
  outputs(batch: PackedBatch, names: readonly string[]): Promise<readonly Float32Array[]> {
    return this.infer(batch, names);
  }

  async *readState(kinds: readonly StateKind[]): AsyncIterable<StateTensor> {
    await this.inOrder(() => undefined);
    for (const kind of kinds) {
      for (const parameter of this.session.parameters) {
        if (kind !== 'parameter' && !this.session.trained.has(parameter.tensor.name)) continue;
        const packed = await this.session.read(kind, parameter.tensor.name);
        for (const part of parameter.parts) {
          const data = new Float32Array(sizeOf(part.shape));
          copyPart(parameter, part, packed, data, 'unpack');
          yield { kind, name: part.name, shape: part.shape, data };
        }
      }
      if (kind === 'parameter') yield* this.untouched.values();
    }
  }

  async writeState(tensors: AsyncIterable<StateTensor> | Iterable<StateTensor>): Promise<void> {
    const owners = new Map<string, Parameter>();
    for (const parameter of this.session.parameters)
      for (const part of parameter.parts) owners.set(part.name, parameter);
    const pending = new Map<string, { packed: Float32Array; missing: number }>();
    for await (const tensor of tensors) {
      const owner = owners.get(tensor.name);
      if (!owner) {
        if (tensor.kind === 'parameter') this.untouched.set(tensor.name, tensor);
        continue;
      }
      const part = owner.parts.find((candidate) => candidate.name === tensor.name);
      if (!part || sizeOf(part.shape) !== tensor.data.length) {
        throw new VerbenaError(
          'tensor-shape',
          `${tensor.name} has ${tensor.data.length} elements, not ${sizeOf(part?.shape ?? [])}.`,
          'The checkpoint belongs to another model or label set.',
          { tensor: tensor.name },
        );
      }
      const key = `${tensor.kind}:${owner.tensor.name}`;
      const entry = pending.get(key) ?? {
        packed: new Float32Array(sizeOf(owner.shape)),
        missing: owner.parts.length,
      };
      copyPart(owner, part, entry.packed, tensor.data, 'pack');
      entry.missing -= 1;
      if (entry.missing > 0) {
        pending.set(key, entry);
        continue;
      }
      pending.delete(key);
      await this.session.write(tensor.kind, owner.tensor.name, entry.packed);
    }
    if (pending.size > 0) {
      throw new VerbenaError(
        'tensors-missing',
        `The state is incomplete: ${[...pending.keys()].join(', ')}.`,
        'Use an earlier checkpoint.',
        { tensors: [...pending.keys()] },
      );
    }
  }

  dispose(): void {
    this.session.dispose();
  }

  /**
   * Fills the parameters from published weights (null: a fresh model) and returns the names that start fresh: the head of a
   * pretrained file. Throws `tensors-missing`, `tensor-shape`, `tensors-extra`.
   */
  async load(weights: WeightSource | null, seed: number): Promise<readonly string[]> {
    const wanted = this.parameters;
    const passthrough = new Set(this.definition.passthrough.map((tensor) => tensor.name));
    const { headPrefixes, ignoredPrefixes } = this.definition;
    const startsWithAny = (name: string, prefixes: readonly string[]) =>
      prefixes.some((prefix) => name.startsWith(prefix));
    const { found } = weights
      ? matchTensors(wanted, weights.tensors, {
          mayBeNew: (name) =>
            passthrough.has(name) ||
            isLoraTensor(name) ||
            name === chainWeight ||
            startsWithAny(name, headPrefixes),
          // The weights of a chain stay behind where its outputs are read without it.
          ignore: (name) => name === chainWeight || startsWithAny(name, ignoredPrefixes),
          prefix: this.definition.namePrefix,
        })
      : { found: new Map<string, string>() };
    const roles = new Map<string, Parameter['role']>();
    for (const parameter of this.session.parameters)
      for (const part of parameter.parts) roles.set(part.name, parameter.role);
    const { initializerRange } = this.definition;
    const fresh: string[] = [];
    async function* tensors(): AsyncIterable<StateTensor> {
      for (const [index, { name, shape }] of wanted.entries()) {
        const fileName = found.get(name);
        if (weights && fileName) {
          yield { kind: 'parameter', name, shape, data: await weights.read(fileName) };
        } else {
          if (!passthrough.has(name)) fresh.push(name);
          yield {
            kind: 'parameter',
            name,
            shape,
            data: freshTensor(name, shape, roles.get(name), initializerRange, seed, index),
          };
        }
      }
    }
    await this.writeState(tensors());
    return fresh;
  }

  /**
   * Begins the head's last layer as what the encoder makes of the labels' names, batches of which hold them in order. For a fresh head
   * of the label-embedding encoding, before the first step. Says whether names differed to the encoder; where not, the head stays as drawn.
   */
  async beginWithNames(batches: readonly PackedBatch[]): Promise<boolean> {
    const last = this.session.parameters.findLast(
      ({ group, role, adapts }) => group === headGroup && role === 'weight' && !adapts,
    );
    const [part] = last?.parts ?? [];
    if (!part) return false;
    const rows: number[] = [];
    for (const batch of batches)
      for (const value of (await this.infer(batch, [encodingNames.headInput]))[0] ?? []) rows.push(value);
    const matrix = labelMatrix(part, Float32Array.from(rows), this.definition.initializerRange);
    if (matrix) await this.writeState([matrix]);
    return matrix !== null;
  }

  /** The last segments of a batch's texts, with the memory of those before: read without dropout and without a gradient. */
  private lastSegments(batch: PackedBatch): Promise<PackedBatch> {
    const { recurrence } = this;
    if (!recurrence) return Promise.resolve(batch);
    const names = Array.from({ length: recurrence.layers }, (_, layer) => `memory.${layer}`);
    return carryMemory(batch, recurrence, (segments) => this.infer(segments, names));
  }

  /** Named outputs of the inference graph. */
  private async infer(batch: PackedBatch, names: readonly string[]): Promise<readonly Float32Array[]> {
    const feed = this.feed({ ...batch, targets: null }, null, 0, 1, this.lengthMultiple([batch]));
    const outputs = await this.session.infer(feed, names);
    return names.flatMap((name) => outputs.get(name) ?? []);
  }

  private feed(
    batch: PackedBatch,
    encoded: EncodedTargets | null,
    seed: number,
    lossScale: number,
    lengthMultiple: number,
  ): Feed {
    const memory = this.recurrence !== null;
    const read = { ...batch, targets: encoded?.targets ?? null };
    const feed = this.definition.feed(read, { seed, lossScale, lengthMultiple, memory });
    const tensors = new Map([...feed.tensors, ...(encoded?.inputs ?? this.head.inputs)]);
    const { positiveWeights } = this.loss;
    if (positiveWeights && encoded) tensors.set(positiveWeightsInput, positiveWeights);
    return { ...feed, tensors };
  }

  /** On WebGPU lengths are rounded up, and one position table serves all micro-batches of a step. */
  private lengthMultiple(batches: readonly PackedBatch[]): number {
    if (this.lowering === 'onnx') return 1;
    let longest = 1;
    for (const batch of batches) {
      const { offsets } = batch;
      for (let b = 0; b + 1 < offsets.length; b++) {
        const own = (offsets[b + 1] as number) - (offsets[b] as number);
        longest = Math.max(longest, rowsBefore(batch, b) + own);
      }
    }
    return Math.ceil(longest / 16) * 16;
  }
}

/** Every tensor of a saved file, by published name. */
export function publishedTensors(
  definition: ModelDefinition,
  parameters: readonly Parameter[],
): TensorInfo[] {
  const parts = parameters.flatMap((parameter) =>
    parameter.parts.map(({ name, shape }) => ({ name, shape })),
  );
  return [...parts, ...definition.passthrough];
}

/** Hugging Face's initialisation: normal weights, zero biases, unit norms; attention biases are normal, as XLNet's. */
function freshTensor(
  name: string,
  shape: readonly number[],
  role: Parameter['role'] | undefined,
  range: number,
  seed: number,
  index: number,
): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  // A chain begins as binary relevance: no label says anything of another.
  if (name === chainWeight) return data;
  // PEFT starts B at zero, so that an adapted model begins as the model it adapts, and A with variance 1 / (3 inputs).
  if (isLoraTensor(name)) {
    if (name.endsWith('.lora_B.weight')) return data;
    const deviation = 1 / Math.sqrt(3 * (shape[1] ?? 1));
    const draw = random(seed, index);
    for (let i = 0; i < data.length; i++) data[i] = deviation * draw.normal();
    return data;
  }
  const isAttentionBias = /\.r_[wrs]_bias$/.test(name);
  if (role === 'norm') return data.fill(name.endsWith('.weight') ? 1 : 0);
  if (role === 'bias' && !isAttentionBias) return data;
  const stream = random(seed, index);
  for (let i = 0; i < data.length; i++) data[i] = range * stream.normal();
  return data;
}
