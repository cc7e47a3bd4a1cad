import { adamW, clipFactor, decays, globalNorm } from '../adamw.ts';
import { EngineError } from '../errors.ts';
import { elementCount, formatShape, type Dims, type Graph, type Parameter } from '../graph/types.ts';
import { updateAtEnd } from '../plan/byLayer.ts';
import type { AdamWStep, EngineSession, Feed, PlanReport, StateOf, StepOutcome } from '../session.ts';
import { findNonFinite } from './diagnosis.ts';
import { lowerGraph, type LoweredGraph } from './lower.ts';
import { planOnnx } from './plan.ts';
import { OnnxProgram } from './program.ts';
import { loadOnnxRuntime, type OnnxRuntime } from './runtime.ts';

export interface OnnxSessionOptions {
  /** Its output `loss` is the scaled loss of a micro-batch. */
  readonly training: Graph;
  /** Over the same parameters, by name. */
  readonly inference: Graph;
  /** The largest micro-batch that will be fed. */
  readonly capacity: Dims;
  /** Default: see `loadOnnxRuntime`. */
  readonly threads?: number;
  /**
   * Nothing is trained: the runtime holds the weights, prepared for its products, where they would otherwise be copied to it for every run.
   * A weight that is written later is taken up before the next run, at the price of preparing all of them again.
   */
  readonly holdsWeights?: boolean;
}

/** Prepares both graphs for onnxruntime-web on the CPU. Parameters start at zero. Throws `onnx-failed`, `out-of-memory`. */
export async function createOnnxSession(given: OnnxSessionOptions): Promise<EngineSession> {
  // The runtime decides what it keeps: an update by layer would save nothing.
  const options = { ...given, training: updateAtEnd(given.training) };
  const runtime = await loadOnnxRuntime(options.threads);
  const training = lowerGraph(options.training);
  if (options.holdsWeights) return new OnnxSession(options, runtime, training, null, null);
  return new OnnxSession(
    options,
    runtime,
    training,
    await OnnxProgram.create(runtime, training),
    await OnnxProgram.create(runtime, lowerGraph(options.inference)),
  );
}

class OnnxSession implements EngineSession {
  readonly lowering = 'onnx';
  readonly stepsInFlight = 1;
  readonly plan: PlanReport;
  readonly parameters: readonly Parameter[];
  readonly trained: ReadonlySet<string>;
  private readonly capacity: Dims;
  private readonly training: Graph;
  private readonly parameterData = new Map<string, Float32Array>();
  private readonly gradients = new Map<string, Float32Array>();
  private readonly firstMoments = new Map<string, Float32Array>();
  private readonly secondMoments = new Map<string, Float32Array>();
  private lastOutputs: ReadonlyMap<string, Float32Array> = new Map();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: OnnxSessionOptions,
    private readonly runtime: OnnxRuntime,
    lowered: LoweredGraph,
    /** Null: nothing is trained. */
    private readonly trainingProgram: OnnxProgram | null,
    /** Null: not compiled yet, or with weights that have changed since. */
    private inferenceProgram: OnnxProgram | null,
  ) {
    const { training, capacity } = options;
    this.capacity = capacity;
    this.training = training;
    this.parameters = training.parameters;
    this.trained = new Set(training.gradients.keys());
    this.plan = planOnnx(training, capacity, lowered);
    try {
      for (const { tensor } of training.parameters) {
        const size = elementCount(tensor.shape, capacity);
        this.parameterData.set(tensor.name, new Float32Array(size));
        if (!this.trained.has(tensor.name)) continue;
        this.firstMoments.set(tensor.name, new Float32Array(size));
        this.secondMoments.set(tensor.name, new Float32Array(size));
      }
    } catch (error) {
      throw new EngineError(
        'out-of-memory',
        `The model needs ${Math.round(this.plan.totalBytes / 2 ** 20)} MB, more than this tab gets.`,
        'Pick a smaller model, or close other tabs.',
        { ...this.plan.byCategory },
        error,
      );
    }
  }

  step(feeds: readonly Feed[], optimizer: AdamWStep | null): Promise<StepOutcome> {
    return this.inOrder(async () => {
      if (feeds.length === 0) {
        throw new EngineError(
          'graph-invalid',
          'A step was asked for without a micro-batch.',
          'Give at least one.',
        );
      }
      let loss = 0;
      for (const [i, feed] of feeds.entries())
        loss += await this.accumulate(feed, i === 0, i === feeds.length - 1);
      const gradientNorm = globalNorm(this.gradients.values());
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
        const tensor = await findNonFinite(this.runtime, this.training, feeds, this.parameterData).catch(
          () => null,
        );
        throw notFinite(loss, gradientNorm, tensor);
      }
      if (optimizer) this.update(optimizer, clipFactor(gradientNorm, optimizer.clipNorm));
      return { loss, gradientNorm };
    });
  }

  /** Forward and backward of one micro-batch into the gradients; its loss. */
  private async accumulate(feed: Feed, isFirst: boolean, isLast: boolean): Promise<number> {
    this.checkCapacity(feed.dims);
    const { trainingProgram } = this;
    if (!trainingProgram)
      throw new EngineError(
        'graph-invalid',
        'This session holds its weights: it does not train.',
        'Open one that does.',
      );
    const { lowered } = trainingProgram;
    // The last step's would stand beside the new ones until these arrive.
    if (isFirst) for (const name of lowered.gradients.keys()) this.gradients.delete(name);
    const lossValue = lossOf(lowered);
    const wanted = new Set([lossValue, ...lowered.gradients.values()]);
    for (const rows of lowered.rowGradients.values()) wanted.add(rows.value);
    // Only the last micro-batch's outputs can be read, so only they are copied out.
    if (isLast) for (const value of lowered.outputs.values()) wanted.add(value);
    const results = (await trainingProgram.run(feed, this.parameterData, wanted)) as ReadonlyMap<
      string,
      Float32Array
    >;

    const taken = new Set<Float32Array>();
    for (const [name, value] of lowered.gradients) {
      const fresh = results.get(value) as Float32Array;
      if (isFirst) this.gradients.set(name, taken.has(fresh) ? fresh.slice() : fresh);
      else addInto(this.gradients.get(name) as Float32Array, fresh);
      taken.add(fresh);
    }
    for (const [name, { value, ids, width }] of lowered.rowGradients) {
      const gradient = this.rowGradient(name, isFirst);
      addRows(gradient, results.get(value) as Float32Array, feed.tensors.get(ids.name) as Int32Array, width);
    }
    if (isLast) {
      this.lastOutputs = new Map(
        [...lowered.outputs].map(([name, value]) => [name, results.get(value) as Float32Array]),
      );
    }
    return results.get(lossValue)?.[0] ?? Number.NaN;
  }

  private rowGradient(name: string, isFirst: boolean): Float32Array {
    let gradient = this.gradients.get(name);
    if (!gradient) {
      gradient = new Float32Array(this.state('parameter', name).length);
      this.gradients.set(name, gradient);
    } else if (isFirst) gradient.fill(0);
    return gradient;
  }

  private update(optimizer: AdamWStep, scale: number): void {
    for (const { tensor, role } of this.parameters) {
      const gradient = this.gradients.get(tensor.name);
      if (!gradient) continue;
      const tensors = {
        parameter: this.state('parameter', tensor.name),
        gradient,
        firstMoment: this.state('firstMoment', tensor.name),
        secondMoment: this.state('secondMoment', tensor.name),
      };
      adamW(tensors, optimizer, decays(role, optimizer.decay), scale);
    }
  }

  trainingOutput(name: string): Promise<Float32Array> {
    return this.inOrder(() => {
      const output = this.lastOutputs.get(name);
      if (!output) throw unknownName('training output', name);
      return output.slice();
    });
  }

  infer(feed: Feed, wanted?: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    return this.inOrder(async () => {
      this.checkCapacity(feed.dims);
      const program = await this.prepared();
      const outputs = [...program.lowered.outputs].filter(([name]) => wanted?.includes(name) ?? true);
      const { cacheRows } = program.lowered;
      const results = await program.run(
        feed,
        this.parameterData,
        new Set([...outputs.map(([, value]) => value), ...[...cacheRows.values()].map(({ value }) => value)]),
      );
      for (const [name, { value, slots, width }] of cacheRows)
        putRows(
          this.state('parameter', name),
          results.get(value) as Float32Array,
          feed.tensors.get(slots.name) as Uint32Array,
          width,
        );
      return new Map(outputs.map(([name, value]) => [name, results.get(value) as Float32Array]));
    });
  }

  read(of: StateOf, name: string): Promise<Float32Array> {
    return this.inOrder(() => this.state(of, name).slice());
  }

  write(of: Exclude<StateOf, 'gradient'>, name: string, data: Float32Array): Promise<void> {
    return this.inOrder(() => {
      const state = this.state(of, name);
      if (state.length !== data.length) {
        const shape = this.parameters.find(({ tensor }) => tensor.name === name)?.shape ?? [];
        throw new EngineError(
          'shape-mismatch',
          `${name} is ${formatShape(shape)}, ${state.length} elements; ${data.length} were given.`,
          'The weights belong to another model configuration.',
          { tensor: name },
        );
      }
      state.set(data);
      if (!this.inferenceProgram?.lowered.held.has(name)) return;
      const outdated = this.inferenceProgram;
      this.inferenceProgram = null;
      return outdated.dispose();
    });
  }

  /** The program that infers, with the weights as they are. */
  private async prepared(): Promise<OnnxProgram> {
    this.inferenceProgram ??= await OnnxProgram.create(
      this.runtime,
      lowerGraph(this.options.inference, 'single', true),
      false,
      this.parameterData,
    );
    return this.inferenceProgram;
  }

  dispose(): void {
    void this.inOrder(async () => {
      await this.trainingProgram?.dispose();
      await this.inferenceProgram?.dispose();
      for (const states of [this.parameterData, this.gradients, this.firstMoments, this.secondMoments])
        states.clear();
    });
  }

  private state(of: StateOf, name: string): Float32Array {
    const states = {
      parameter: this.parameterData,
      gradient: this.gradients,
      firstMoment: this.firstMoments,
      secondMoment: this.secondMoments,
    };
    const state = states[of].get(name);
    if (!state) throw unknownName(of, name);
    return state;
  }

  private checkCapacity(dims: Dims): void {
    for (const dim of ['T', 'B', 'R', 'K', 'M', 'N'] as const) {
      const [size, most] = [dims[dim] ?? 0, this.capacity[dim] ?? 0];
      if (size <= most) continue;
      throw new EngineError(
        'batch-too-large',
        `A micro-batch has ${dim} = ${size}; the session was planned for ${most}.`,
        'Lower the token budget of a micro-batch, or plan the session for larger ones.',
        { dim, size, capacity: most },
      );
    }
  }

  /** The runtime runs one graph at a time: calls wait for those before them, whether these succeed or not. */
  private inOrder<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.queue.then(task);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function lossOf(lowered: LoweredGraph): string {
  const value = lowered.outputs.get('loss');
  if (value !== undefined) return value;
  throw new EngineError(
    'graph-invalid',
    'The training graph has no output named loss.',
    'Declare it: graph.output("loss", loss).',
  );
}

function notFinite(loss: number, gradientNorm: number, tensor: string | null): EngineError {
  const where = tensor ? ` ${tensor} is the first tensor with a value that is not a number.` : '';
  return new EngineError(
    'loss-not-finite',
    `The loss is ${loss} and the gradient norm ${gradientNorm}: training has diverged. The parameters were left as they were.${where}`,
    'Resume from the last checkpoint with a lower learning rate, a longer warm-up, or gradient clipping.',
    { loss, gradientNorm, ...(tensor ? { tensor } : {}) },
  );
}

function unknownName(what: string, name: string): EngineError {
  return new EngineError(
    'graph-invalid',
    `There is no ${what} named ${name}.`,
    'Check the name against the model’s parameters and outputs.',
    { name },
  );
}

function addInto(sum: Float32Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
}

/** `sum[ids[i]] += rows[i]`, in the order of the rows. */
function addRows(sum: Float32Array, rows: Float32Array, ids: Int32Array, width: number): void {
  for (let i = 0; i < ids.length; i++) {
    const to = (ids[i] as number) * width;
    const from = i * width;
    for (let c = 0; c < width; c++) sum[to + c] = (sum[to + c] as number) + (rows[from + c] as number);
  }
}

/** `table[slots[i]] = rows[i]`. */
function putRows(table: Float32Array, rows: Float32Array, slots: Uint32Array, width: number): void {
  for (let i = 0; i < slots.length; i++)
    table.set(rows.subarray(i * width, (i + 1) * width), (slots[i] as number) * width);
}
