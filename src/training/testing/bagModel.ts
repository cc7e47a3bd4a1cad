import { hashAll, random } from '../../base/random.ts';
import { VerbenaError } from '../../base/errors.ts';
import type {
  OptimizerStep,
  PackedBatch,
  StateKind,
  StateTensor,
  StepResult,
  TrainableModel,
} from '../../models/trainable.ts';

export interface BagModelOptions {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly labelCount: number;
  readonly seed: number;
  readonly dropout?: number;
}

interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
  readonly gradient: Float64Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * A small but whole `TrainableModel`: mean of token embeddings, dropout, one linear layer, binary cross-entropy. Gradients are
 * exact, AdamW is torch's, dropout is a function of (seed, step, micro-batch, element). It lets the step loop be tested
 * in Node without an engine, and is no part of the product.
 */
export class BagModel implements TrainableModel {
  readonly lowering = 'onnx';
  readonly stepsInFlight: number = 1;
  readonly labelCount: number;
  readonly parameters;
  readonly memory;
  readonly #hidden: number;
  readonly #dropout: number;
  readonly #embedding: Parameter;
  readonly #weight: Parameter;
  readonly #bias: Parameter;
  #disposed = false;

  constructor({ vocabularySize, hiddenSize, labelCount, seed, dropout = 0 }: BagModelOptions) {
    this.labelCount = labelCount;
    this.#hidden = hiddenSize;
    this.#dropout = dropout;
    const stream = random(seed, 1);
    const make = (name: string, shape: readonly number[], deviation: number): Parameter => {
      const size = shape.reduce((a, b) => a * b, 1);
      return {
        name,
        shape,
        value: Float32Array.from({ length: size }, () => deviation * stream.normal()),
        gradient: new Float64Array(size),
        first: new Float32Array(size),
        second: new Float32Array(size),
      };
    };
    this.#embedding = make('embedding.weight', [vocabularySize, hiddenSize], 0.1);
    this.#weight = make('classifier.weight', [labelCount, hiddenSize], 0.1);
    this.#bias = make('classifier.bias', [labelCount], 0);
    this.parameters = this.#all().map(({ name, shape }) => ({ name, shape }));
    const bytes = this.#all().reduce((sum, { value }) => sum + value.byteLength, 0);
    this.memory = {
      totalBytes: 5 * bytes,
      byCategory: { parameters: bytes, moments: 2 * bytes, gradients: 2 * bytes },
    };
  }

  segmentIds(ids: Int32Array): Int32Array {
    return new Int32Array(ids.length);
  }

  async trainStep(batches: readonly PackedBatch[], step: OptimizerStep): Promise<StepResult> {
    this.#assertAlive();
    const rows = batches.reduce((sum, { offsets }) => sum + offsets.length - 1, 0);
    const loss = this.#accumulate(batches, step, 1 / (rows * this.labelCount));
    const norm = Math.sqrt(
      this.#all().reduce((sum, { gradient }) => sum + gradient.reduce((s, g) => s + g * g, 0), 0),
    );
    if (!Number.isFinite(loss))
      throw new VerbenaError('loss-not-finite', 'The loss is not a number.', 'Lower the learning rate.');
    const scale = step.clipNorm === null ? 1 : Math.min(1, step.clipNorm / (norm + 1e-6));
    for (const parameter of this.#all()) adamw(parameter, step, scale);
    return { loss, gradientNorm: norm };
  }

  async logits(batch: PackedBatch): Promise<Float32Array> {
    this.#assertAlive();
    const sequences = batch.offsets.length - 1;
    const out = new Float32Array(sequences * this.labelCount);
    for (let b = 0; b < sequences; b++) out.set(this.#classify(this.#pool(batch, b)), b * this.labelCount);
    return out;
  }

  async *readState(kinds: readonly StateKind[]): AsyncIterable<StateTensor> {
    this.#assertAlive();
    for (const kind of kinds)
      for (const parameter of this.#all())
        yield {
          kind,
          name: parameter.name,
          shape: parameter.shape,
          data: this.#buffer(parameter, kind).slice(),
        };
  }

  async writeState(tensors: AsyncIterable<StateTensor> | Iterable<StateTensor>): Promise<void> {
    for await (const { kind, name, data } of tensors) {
      const parameter = this.#all().find((candidate) => candidate.name === name);
      if (parameter) this.#buffer(parameter, kind).set(data);
    }
  }

  dispose(): void {
    this.#disposed = true;
  }

  /** Loss at these weights with the gradient left in `gradientOf`: what finite differences are held against. */
  lossAndGradients(batches: readonly PackedBatch[], step: OptimizerStep): number {
    const rows = batches.reduce((sum, { offsets }) => sum + offsets.length - 1, 0);
    return this.#accumulate(batches, step, 1 / (rows * this.labelCount));
  }

  gradientOf(name: string): Float64Array {
    return this.#all().find((parameter) => parameter.name === name)?.gradient ?? new Float64Array(0);
  }

  #all(): readonly Parameter[] {
    return [this.#embedding, this.#weight, this.#bias];
  }

  #buffer(parameter: Parameter, kind: StateKind): Float32Array {
    return kind === 'parameter'
      ? parameter.value
      : kind === 'firstMoment'
        ? parameter.first
        : parameter.second;
  }

  #assertAlive(): void {
    if (this.#disposed) throw new Error('The model is disposed.');
  }

  #pool({ ids, offsets }: PackedBatch, b: number): Float64Array {
    const pooled = new Float64Array(this.#hidden);
    const start = offsets[b] as number;
    const end = offsets[b + 1] as number;
    for (let t = start; t < end; t++)
      for (let d = 0; d < this.#hidden; d++)
        pooled[d] =
          (pooled[d] as number) +
          (this.#embedding.value[(ids[t] as number) * this.#hidden + d] as number) / (end - start);
    return pooled;
  }

  #classify(pooled: Float64Array): Float64Array {
    return Float64Array.from({ length: this.labelCount }, (_, l) => {
      let z = this.#bias.value[l] as number;
      for (let d = 0; d < this.#hidden; d++)
        z += (this.#weight.value[l * this.#hidden + d] as number) * (pooled[d] as number);
      return z;
    });
  }

  #accumulate(batches: readonly PackedBatch[], { seed, step }: OptimizerStep, scale: number): number {
    for (const { gradient } of this.#all()) gradient.fill(0);
    const hidden = this.#hidden;
    let loss = 0;
    for (const [micro, batch] of batches.entries())
      for (let b = 0; b + 1 < batch.offsets.length; b++) {
        const pooled = this.#pool(batch, b);
        const mask = Float64Array.from({ length: hidden }, (_, d) =>
          this.#dropout > 0 && hashAll(seed, step, micro, b, d) / 0x1_0000_0000 < this.#dropout
            ? 0
            : 1 / (1 - this.#dropout),
        );
        const dropped = pooled.map((value, d) => value * (mask[d] as number));
        const z = this.#classify(dropped);
        const back = new Float64Array(hidden);
        for (let l = 0; l < this.labelCount; l++) {
          const logit = z[l] as number;
          const target = batch.targets?.[b * this.labelCount + l] ?? 0;
          loss += scale * (Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit))));
          const g = scale * (1 / (1 + Math.exp(-logit)) - target);
          this.#bias.gradient[l] = (this.#bias.gradient[l] as number) + g;
          for (let d = 0; d < hidden; d++) {
            const at = l * hidden + d;
            this.#weight.gradient[at] = (this.#weight.gradient[at] as number) + g * (dropped[d] as number);
            back[d] = (back[d] as number) + g * (this.#weight.value[at] as number);
          }
        }
        const start = batch.offsets[b] as number;
        const end = batch.offsets[b + 1] as number;
        for (let t = start; t < end; t++)
          for (let d = 0; d < hidden; d++) {
            const at = (batch.ids[t] as number) * hidden + d;
            this.#embedding.gradient[at] =
              (this.#embedding.gradient[at] as number) +
              ((back[d] as number) * (mask[d] as number)) / (end - start);
          }
      }
    return loss;
  }
}

function adamw({ name, value, gradient, first, second }: Parameter, o: OptimizerStep, scale: number): void {
  const decay = o.decay === 'all' || !name.endsWith('bias') ? o.weightDecay : 0;
  for (let i = 0; i < value.length; i++) {
    const g = (gradient[i] as number) * scale;
    first[i] = o.beta1 * (first[i] as number) + (1 - o.beta1) * g;
    second[i] = o.beta2 * (second[i] as number) + (1 - o.beta2) * g * g;
    const m = (first[i] as number) / (1 - o.beta1 ** o.step);
    const v = (second[i] as number) / (1 - o.beta2 ** o.step);
    const decayed = (value[i] as number) * (1 - o.learningRate * decay);
    value[i] = decayed - (o.learningRate * m) / (Math.sqrt(v) + o.epsilon);
  }
}
