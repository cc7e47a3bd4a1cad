import { EngineError } from '../errors.ts';
import { elementCount, type Dims, type Graph, type Parameter, type Tensor } from '../graph/types.ts';
import type { MatmulPrecision, MatmulTable } from '../ops/matmul/tiles.ts';
import { estimateSeconds } from '../plan/estimate.ts';
import { planMemory, resultBytes, type MemoryPlan } from '../plan/plan.ts';
import type { AdamWStep, EngineSession, Feed, PlanReport, StateOf, StepOutcome } from '../session.ts';
import { Arenas } from './arenas.ts';
import type { GpuDevice } from './device.ts';
import { findNonFinite } from './diagnosis.ts';
import type { KernelEnvironment } from './kernel.ts';
import { lowerToWebGpu } from './lower.ts';
import { adamwKernel, normKernel, normPartialsKernel, resultAt } from './optimizer.ts';
import { Pacer } from './pacing.ts';
import { compile, PipelineCache, prepare, type Dispatch, type Program } from './program.ts';
import { Recorder } from './recorder.ts';
import { stepUniforms } from './uniforms.ts';

export interface WebGpuSessionOptions {
  readonly gpu: GpuDevice;
  readonly training: Graph;
  readonly inference: Graph;
  /** The most a micro-batch may hold. */
  readonly capacity: Dims;
  /** Overrides the choice of kernels for this device; tests run both. */
  readonly avoidsBarriers?: boolean;
  /** Kernels for matrix products, tuned on this adapter; absent: the fallback. A run that resumes must bring the same (docs/kernels.md). */
  readonly matmul?: MatmulTable;
  /** `f16` rounds the operands of matrix products; needs the feature `shader-f16`. Default f32. */
  readonly precision?: MatmulPrecision;
  /** Longest a submission should keep the GPU from other work. Default 100. */
  readonly submissionMs?: number;
  /** False runs every node as its own kernel: for tests and benchmarks. */
  readonly isFused?: boolean;
}

/** Plans, allocates, compiles. Throws `limit-too-small`, `out-of-memory`, `kernel-invalid`. */
export async function createWebGpuSession(options: WebGpuSessionOptions): Promise<WebGpuSession> {
  const { gpu, capacity } = options;
  const { device } = gpu;
  const environment = environmentOf(options);
  const training = lowerToWebGpu(options.training, environment, options.isFused);
  const inference = lowerToWebGpu(options.inference, environment, options.isFused);
  const plan = planMemory({
    training,
    inference,
    capacity,
    maxBindingBytes: Math.min(
      gpu.limits.maxStorageBufferBindingSize ?? 128 * 2 ** 20,
      gpu.limits.maxBufferSize ?? 256 * 2 ** 20,
    ),
  });
  const arenas = await Arenas.allocate(device, plan);
  const cache = new PipelineCache(device, gpu.compilesInParallel);
  const [trainingProgram, inferenceProgram] = await Promise.all([
    compile(training, environment, arenas.resolver(training, plan.training), arenas.inputs, device, cache),
    compile(inference, environment, arenas.resolver(inference, plan.inference), arenas.inputs, device, cache),
  ]);
  const update = await compileOptimizer(arenas, plan, device, cache);
  const lowered = { ...options, training, inference };
  return new WebGpuSession(lowered, plan, arenas, trainingProgram, inferenceProgram, update, cache);
}

/** What kernels are chosen by. Throws `limit-too-small` where f16 is asked for and the device has none. */
function environmentOf({
  gpu,
  capacity,
  avoidsBarriers,
  matmul,
  precision,
}: WebGpuSessionOptions): KernelEnvironment {
  if (precision === 'f16' && !gpu.features.includes('shader-f16')) {
    throw new EngineError(
      'limit-too-small',
      `${gpu.name} does not offer shader-f16.`,
      'Train in f32, or on a device with half precision.',
      { feature: 'shader-f16' },
    );
  }
  return {
    capacity,
    avoidsBarriers: avoidsBarriers ?? gpu.isSoftware,
    subgroupSize: gpu.subgroupSize,
    ...(matmul && matmul.adapter === gpu.name && matmul.precision === (precision ?? 'f32') ? { matmul } : {}),
    ...(precision ? { precision } : {}),
  };
}

interface OptimizerProgram {
  readonly norm: readonly Dispatch[];
  readonly update: readonly Dispatch[];
}

async function compileOptimizer(
  arenas: Arenas,
  plan: MemoryPlan,
  device: GPUDevice,
  cache: PipelineCache,
): Promise<OptimizerProgram> {
  const make = (call: Parameters<typeof prepare>[0]) =>
    prepare(call, arenas.slotOfArena, plan.capacity, arenas.inputs, device, cache);
  const groups = arenas.groupTensors.filter((group) => group.plan.trainedBytes > 0);
  let base = 0;
  const partials = groups.map((group) => {
    const call = normPartialsKernel(group, arenas.partials, base);
    base += Math.ceil(group.plan.trainedBytes / 4 / 16384);
    return call;
  });
  return {
    norm: await Promise.all([...partials, normKernel(arenas.partials, base, arenas.results)].map(make)),
    update: await Promise.all(groups.map((group) => make(adamwKernel(group, arenas.results)))),
  };
}

/** One model on one GPU: both graphs, parameters, gradients and moments, one submit a step. */
export class WebGpuSession implements EngineSession {
  readonly lowering = 'webgpu';
  /** One runs, one waits behind it. */
  readonly stepsInFlight = 2;
  readonly plan: PlanReport;
  readonly parameters: readonly Parameter[];
  readonly trained: ReadonlySet<string>;
  private readonly device: GPUDevice;
  private lastTrainingDims: Dims | null = null;
  private lost: EngineError | null = null;
  private readonly pacer: Pacer;
  private inFlight = 0;
  private answeredAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: WebGpuSessionOptions,
    plan: MemoryPlan,
    private readonly arenas: Arenas,
    private readonly trainingProgram: Program,
    private readonly inferenceProgram: Program,
    private readonly optimizer: OptimizerProgram,
    private readonly cache: PipelineCache,
  ) {
    this.device = options.gpu.device;
    // A weak integrated GPU is some thirty times slower than the estimate's nominal card.
    const guessMs = 30_000 * estimateSeconds(options.training, options.capacity);
    this.pacer = new Pacer(guessMs, options.submissionMs);
    this.parameters = options.training.parameters;
    this.trained = new Set(options.training.gradients.keys());
    this.plan = {
      totalBytes: plan.totalBytes,
      byCategory: plan.byCategory,
      dispatches: trainingProgram.dispatches.length + optimizer.norm.length + optimizer.update.length,
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

  /** Bytes of all buffers this session holds. */
  get allocatedBytes(): number {
    return this.arenas.allocatedBytes;
  }

  async step(feeds: readonly Feed[], optimizer: AdamWStep | null): Promise<StepOutcome> {
    this.check(feeds);
    const begunAt = performance.now();
    const kernels = feeds.length * this.trainingProgram.dispatches.length;
    const recorder = new Recorder(
      this.device,
      'training step',
      Math.ceil(kernels / this.pacer.parts(kernels)) +
        this.plan.dispatches -
        this.trainingProgram.dispatches.length,
    );
    const upload = this.arenas.beginUploads(() => recorder.encoder, feeds);
    feeds.forEach((feed, i) => {
      upload(feed, stepUniforms(feed, i > 0, optimizer));
      if (i === 0) {
        for (const { buffer, offset, byteLength } of this.trainingProgram.zeroed)
          recorder.encoder.clearBuffer(buffer, offset, byteLength);
      }
      recorder.run(this.trainingProgram.dispatches, feed.dims);
      if (i === feeds.length - 1) {
        recorder.run(this.optimizer.norm, feed.dims);
        if (optimizer) recorder.run(this.optimizer.update, feed.dims);
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
      this.pacer.observe(now - Math.max(begunAt, this.answeredAt));
      this.answeredAt = now;
      const loss = values?.[resultAt.loss] ?? Number.NaN;
      const gradientNorm = values?.[resultAt.norm] ?? Number.NaN;
      if (values?.[resultAt.halted] !== 0) throw await this.notFinite(feeds, loss, gradientNorm);
      return { loss, gradientNorm };
    } finally {
      this.inFlight -= 1;
      // Updates stand still after a step that was not finite, until nothing of that time is under way.
      if (this.inFlight === 0)
        this.device.queue.writeBuffer(this.arenas.resultBuffer, 4 * resultAt.halted, new Float32Array(1));
    }
  }

  /** The error of a step whose loss or gradient is not finite, with the first tensor that is to blame. */
  private async notFinite(feeds: readonly Feed[], loss: number, gradientNorm: number): Promise<EngineError> {
    const isThisOne = !Number.isFinite(loss) || !Number.isFinite(gradientNorm);
    const found = isThisOne
      ? await findNonFinite(
          {
            device: this.device,
            cache: this.cache,
            arenas: this.arenas,
            graph: this.options.training,
            program: this.trainingProgram,
            capacity: this.options.capacity,
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
    const perSubmission = Math.ceil(dispatches.length / this.pacer.parts(dispatches.length));
    const recorder = new Recorder(this.device, 'inference', perSubmission);
    this.arenas.beginUploads(() => recorder.encoder, [feed])(feed, stepUniforms(feed, false, null));
    recorder.run(dispatches, feed.dims);
    const outputs = [...graph.outputs].filter(([name]) => wanted?.includes(name) ?? true);
    const slots = outputs.map(([, tensor]) => this.slot(graph, tensor, feed.dims));
    const arrays = await this.arenas.submitAndRead(recorder.finish(), slots, () => this.lost);
    return new Map(outputs.map(([name], i) => [name, arrays[i] ?? new Float32Array()]));
  }

  async read(of: StateOf, name: string): Promise<Float32Array> {
    const [data] = await this.arenas.submitAndRead(
      this.device.createCommandEncoder(),
      [this.arenas.parameterSlot(of, name)],
      () => this.lost,
    );
    return data ?? new Float32Array();
  }

  async write(of: Exclude<StateOf, 'gradient'>, name: string, data: Float32Array): Promise<void> {
    const slot = this.arenas.parameterSlot(of, name);
    if (data.byteLength !== slot.byteLength) {
      throw new EngineError(
        'shape-mismatch',
        `${name} has ${slot.byteLength / 4} elements, not ${data.length}.`,
        'Load weights of the same architecture.',
        { tensor: name },
      );
    }
    this.device.queue.writeBuffer(slot.buffer, slot.offset, data as GPUAllowSharedBufferSource);
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
