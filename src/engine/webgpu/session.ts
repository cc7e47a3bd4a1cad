import { EngineError } from '../errors.ts';
import { elementCount, type Dims, type Graph, type Parameter, type Tensor } from '../graph/types.ts';
import { trafficSeconds } from '../plan/estimate.ts';
import { planMemory, resultBytes, type MemoryPlan } from '../plan/plan.ts';
import type { AdamWStep, EngineSession, Feed, PlanReport, StateOf, StepOutcome } from '../session.ts';
import { Arenas } from './arenas.ts';
import { findNonFinite } from './diagnosis.ts';
import { bindingBytesOf, environmentOf, type WebGpuSessionOptions } from './environment.ts';
import type { KernelCall } from './kernel.ts';
import { lowerToWebGpu } from './lower.ts';
import { haltedAt, resultAt } from './optimizer.ts';
import { Pacer } from './pacing.ts';
import { compile, PipelineCache, prepare, type Dispatch, type Program } from './program.ts';
import { Recorder } from './recorder.ts';
import { scheduleStep, type Schedule } from './schedule.ts';
import { stepUniforms } from './uniforms.ts';

export type { WebGpuSessionOptions } from './environment.ts';

/** Plans, allocates, compiles. Throws as `environmentOf`, and `out-of-memory`, `kernel-invalid`. */
export async function createWebGpuSession(options: WebGpuSessionOptions): Promise<WebGpuSession> {
  const { gpu, capacity } = options;
  const { device } = gpu;
  const maxBindingBytes = bindingBytesOf(options);
  const environment = environmentOf(options);
  const training = lowerToWebGpu(options.training, environment, options.isFused);
  const inference = lowerToWebGpu(options.inference, environment, options.isFused);
  const plan = planMemory({
    training,
    inference,
    capacity,
    maxBindingBytes,
  });
  const arenas = await Arenas.allocate(device, plan);
  const cache = new PipelineCache(device, gpu.compilesInParallel);
  const [trainingProgram, inferenceProgram] = await Promise.all([
    compile(training, environment, arenas.resolver(training, plan.training), arenas.inputs, device, cache),
    compile(inference, environment, arenas.resolver(inference, plan.inference), arenas.inputs, device, cache),
  ]);
  const prepareOptimizer = (call: KernelCall, bytes: number) =>
    prepare(call, arenas.slotOfArena, plan.capacity, arenas.inputs, device, cache, trafficSeconds(bytes));
  const schedule = await scheduleStep(trainingProgram, arenas, plan, prepareOptimizer);
  const lowered = { ...options, training, inference };
  const pacer = new Pacer(options.submissionMs);
  const session = new WebGpuSession(
    lowered,
    plan,
    arenas,
    trainingProgram,
    inferenceProgram,
    schedule,
    cache,
    pacer,
  );
  await session.cutLongKernels();
  return session;
}

/** One model on one GPU: both graphs, parameters, gradients and moments, one submit a step. */
export class WebGpuSession implements EngineSession {
  readonly lowering = 'webgpu';
  /** One runs, one waits behind it; alone where the scale of a step depends on how the last one went. */
  readonly stepsInFlight: number;
  readonly scalesGradients: boolean;
  readonly plan: PlanReport;
  readonly parameters: readonly Parameter[];
  readonly trained: ReadonlySet<string>;
  private readonly device: GPUDevice;
  private lastTrainingDims: Dims | null = null;
  private lost: EngineError | null = null;
  private inFlight = 0;
  private answeredAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: WebGpuSessionOptions,
    plan: MemoryPlan,
    private readonly arenas: Arenas,
    private readonly trainingProgram: Program,
    private readonly inferenceProgram: Program,
    private readonly schedule: Schedule,
    private readonly cache: PipelineCache,
    private readonly pacer: Pacer,
  ) {
    this.device = options.gpu.device;
    this.scalesGradients = options.precision === 'f16';
    this.stepsInFlight = this.scalesGradients ? 1 : 2;
    this.parameters = options.training.parameters;
    this.trained = new Set(options.training.gradients.keys());
    this.plan = {
      totalBytes: plan.totalBytes,
      byCategory: plan.byCategory,
      dispatches: this.stepDispatches().length,
    };
    void this.device.lost.then((info) => {
      this.lost = new EngineError(
        'device-lost',
        `The GPU was lost (${info.reason || 'unknown'}): ${info.message || 'the browser gave no reason'}.`,
        'Resume the run: it continues from its last checkpoint. If it happens again, lower the token budget.',
        { reason: info.reason },
      );
    });
  }

  /**
   * Makes the kernels ready to run in pieces that by themselves would keep the GPU busy for longer than a submission should. Until they are,
   * they run whole. A software adapter has no watchdog, and compiles slowly: there only what was asked for is cut.
   */
  async cutLongKernels(): Promise<void> {
    const { gpu, submissionMs } = this.options;
    if (gpu.isSoftware && submissionMs === undefined) return;
    const all = [...this.stepDispatches(), ...this.inferenceProgram.dispatches];
    const long = all.filter(({ seconds }) => this.pacer.predict(seconds) > this.pacer.submissionMs);
    await Promise.all(long.map((dispatch) => dispatch.beInPieces()));
  }

  private stepDispatches(): Dispatch[] {
    const { pass, norm, update } = this.schedule;
    return [...pass.flatMap(({ dispatches }) => dispatches), ...norm, ...update];
  }

  /** Bytes of all buffers this session holds. */
  get allocatedBytes(): number {
    return this.arenas.allocatedBytes;
  }

  async step(feeds: readonly Feed[], optimizer: AdamWStep | null): Promise<StepOutcome> {
    this.check(feeds);
    this.checkUpdate(feeds, optimizer);
    const begunAt = performance.now();
    const recorder = new Recorder(this.device, 'training step', this.pacer);
    const upload = this.arenas.beginUploads(() => recorder.encoder, feeds);
    feeds.forEach((feed, i) => {
      upload(feed, stepUniforms(feed, i > 0, optimizer));
      const share = feed.dims.T / this.options.capacity.T;
      for (const { zeroed, dispatches } of this.schedule.pass) {
        if (i === 0)
          for (const { buffer, offset, byteLength } of zeroed)
            recorder.encoder.clearBuffer(buffer, offset, byteLength);
        recorder.run(dispatches, feed.dims, share);
      }
      if (i === feeds.length - 1) {
        recorder.run(this.schedule.norm, feed.dims);
        if (optimizer) recorder.run(this.schedule.update, feed.dims);
      }
      this.lastTrainingDims = feed.dims;
    });
    this.inFlight += 1;
    try {
      const [values] = await this.arenas.submitAndRead(
        recorder.finish(),
        [{ buffer: this.arenas.resultBuffer, offset: 0, byteLength: resultBytes }],
        () => this.lost,
      );
      const now = performance.now();
      this.pacer.observe(now - Math.max(begunAt, this.answeredAt), recorder.seconds);
      this.answeredAt = now;
      // A kernel that does not compile in pieces goes on whole; the loss of the device is told by the next call.
      void this.cutLongKernels().catch(() => undefined);
      const loss = values?.[resultAt.loss] ?? Number.NaN;
      const gradientNorm = values?.[resultAt.norm] ?? Number.NaN;
      const overflowed = Number.isFinite(loss) && !Number.isFinite(gradientNorm);
      if (overflowed && this.scalesGradients && feeds.every((feed) => feed.gradientScale !== undefined))
        return { loss, gradientNorm, overflowed };
      const halted = values?.[resultAt.halted] ?? 1;
      if (halted !== 0) throw await this.notFinite(feeds, loss, gradientNorm, halted);
      return { loss, gradientNorm };
    } finally {
      this.inFlight -= 1;
      // Updates stand still after a step that was not finite, until nothing of that time is under way.
      if (this.inFlight === 0)
        this.device.queue.writeBuffer(this.arenas.resultBuffer, 4 * resultAt.halted, new Float32Array(1));
    }
  }

  /** The error of a step whose loss or gradient is not finite, with the first tensor that is to blame. */
  private async notFinite(
    feeds: readonly Feed[],
    loss: number,
    gradientNorm: number,
    halted: number,
  ): Promise<EngineError> {
    const isThisOne = !Number.isFinite(loss) || !Number.isFinite(gradientNorm);
    const group = this.arenas.groupTensors.find((_, i) => haltedAt(i) === halted);
    if (isThisOne && group)
      return new EngineError(
        'loss-not-finite',
        `The gradient of ${group.plan.name} is not finite; what the backward pass reached before it had been updated already.`,
        'Lower the learning rate or add warm-up, then resume from the last checkpoint. With clipping, nothing is updated before the norm is known.',
        { loss, gradientNorm, tensor: `the gradient of ${group.plan.name}` },
      );
    const found = isThisOne
      ? await findNonFinite(
          {
            device: this.device,
            cache: this.cache,
            pacer: this.pacer,
            arenas: this.arenas,
            graph: this.options.training,
            program: this.trainingProgram,
            capacity: this.options.capacity,
            maxBindingBytes: bindingBytesOf(this.options),
          },
          feeds,
        ).catch(() => null)
      : null;
    if (!isThisOne)
      return new EngineError(
        'loss-not-finite',
        'A step before this one was not finite; this one changed nothing.',
        'See the error of the step before.',
      );
    const where = found
      ? ` ${found.tensor} is the first tensor with a value that is not a number${found.microBatch === null ? ', from before the step' : ''}.`
      : '';
    return new EngineError(
      'loss-not-finite',
      `The ${Number.isFinite(loss) ? 'gradient norm' : 'loss'} is not finite; the parameters were left as they were.${where}`,
      'Lower the learning rate, add warm-up or clipping, then resume from the last checkpoint.',
      { loss, gradientNorm, ...found },
    );
  }

  async trainingOutput(name: string): Promise<Float32Array> {
    const tensor = this.options.training.outputs.get(name);
    if (!tensor || !this.lastTrainingDims) {
      throw new EngineError(
        'graph-invalid',
        `There is no training output "${name}" yet.`,
        'Run a step first.',
      );
    }
    return this.readTensor(this.options.training, tensor, this.lastTrainingDims);
  }

  async infer(feed: Feed, wanted?: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    this.check([feed]);
    const graph = this.options.inference;
    const { dispatches } = this.inferenceProgram;
    const recorder = new Recorder(this.device, 'inference', this.pacer);
    this.arenas.beginUploads(() => recorder.encoder, [feed])(feed, stepUniforms(feed, false, null));
    recorder.run(dispatches, feed.dims, feed.dims.T / this.options.capacity.T);
    const outputs = [...graph.outputs].filter(([name]) => wanted?.includes(name) ?? true);
    const slots = outputs.map(([, tensor]) => this.slot(graph, tensor, feed.dims));
    const arrays = await this.arenas.submitAndRead(recorder.finish(), slots, () => this.lost);
    return new Map(outputs.map(([name], i) => [name, arrays[i] ?? new Float32Array()]));
  }

  async read(of: StateOf, name: string): Promise<Float32Array> {
    const parts = await this.arenas.submitAndRead(
      this.device.createCommandEncoder(),
      this.arenas.parameterSlots(of, name),
      () => this.lost,
    );
    const [only] = parts;
    if (only && parts.length === 1) return only;
    const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  async write(of: Exclude<StateOf, 'gradient'>, name: string, data: Float32Array): Promise<void> {
    const slots = this.arenas.parameterSlots(of, name);
    const elements = slots.reduce((sum, { byteLength }) => sum + byteLength / 4, 0);
    if (data.length !== elements) {
      throw new EngineError(
        'shape-mismatch',
        `${name} has ${elements} elements, not ${data.length}.`,
        'Load weights of the same architecture.',
        { tensor: name },
      );
    }
    let at = 0;
    for (const { buffer, offset, byteLength } of slots) {
      const part = data.subarray(at, at + byteLength / 4);
      this.device.queue.writeBuffer(buffer, offset, part as GPUAllowSharedBufferSource);
      at += part.length;
    }
  }

  dispose(): void {
    this.cache.destroy();
    this.arenas.destroy();
  }

  private check(feeds: readonly Feed[]): void {
    if (this.lost) throw this.lost;
    for (const { dims } of feeds) {
      for (const [axis, most] of Object.entries(this.options.capacity)) {
        const actual = dims[axis as keyof Dims] ?? 0;
        if (actual > most || actual < 1) {
          throw new EngineError(
            'batch-too-large',
            `A micro-batch has ${axis} = ${actual}; the plan holds 1 to ${most}.`,
            'Lower the token budget or plan for more.',
            { axis, actual, most },
          );
        }
      }
    }
  }

  /** What a plan that updates by layer cannot do. */
  private checkUpdate(feeds: readonly Feed[], optimizer: AdamWStep | null): void {
    const { updates } = this.options.training;
    if (!updates) return;
    if (feeds.length !== 1)
      throw new EngineError(
        'batch-too-large',
        `This plan updates by layer, in one pass a step; a step of ${feeds.length} micro-batches was asked for.`,
        'Raise the token budget so that a step fits one pass, lower the batch size, or update at the end of the step.',
        { microBatches: feeds.length },
      );
    if (!optimizer || (optimizer.clipNorm !== null && updates.measured.size === 0))
      throw new EngineError(
        'graph-invalid',
        optimizer
          ? 'This plan updates by layer without measuring the gradient: it cannot clip.'
          : 'This plan updates by layer: it makes no step without an update.',
        optimizer ? 'Plan with a measuring pass.' : 'Update at the end of the step.',
      );
  }

  private slot(graph: Graph, tensor: Tensor, dims: Dims) {
    const plan = graph === this.options.training ? this.arenas.plan.training : this.arenas.plan.inference;
    const { buffer, offset } = this.arenas.resolver(graph, plan)(tensor);
    return { buffer, offset, byteLength: elementCount(tensor.shape, dims) * 4 };
  }

  private async readTensor(graph: Graph, tensor: Tensor, dims: Dims): Promise<Float32Array> {
    const [data] = await this.arenas.submitAndRead(
      this.device.createCommandEncoder(),
      [this.slot(graph, tensor, dims)],
      () => this.lost,
    );
    return data ?? new Float32Array();
  }
}
