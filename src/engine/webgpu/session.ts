import { EngineError } from '../errors.ts';
import { elementCount, type Dims, type Graph, type Parameter, type Tensor } from '../graph/types.ts';
import { planMemory, resultBytes, type MemoryPlan } from '../plan/plan.ts';
import type { AdamWStep, EngineSession, Feed, PlanReport, StateOf, StepOutcome } from '../session.ts';
import { Arenas } from './arenas.ts';
import type { GpuDevice } from './device.ts';
import { adamwKernel, normKernel, normPartialsKernel, resultAt } from './optimizer.ts';
import { compile, PipelineCache, prepare, type Dispatch, type Program } from './program.ts';
import { stepUniforms } from './uniforms.ts';

export interface WebGpuSessionOptions {
  readonly gpu: GpuDevice;
  readonly training: Graph;
  readonly inference: Graph;
  /** The most a micro-batch may hold. */
  readonly capacity: Dims;
  /** Overrides the choice of kernels for this device; tests run both. */
  readonly avoidsBarriers?: boolean;
}

/** Plans, allocates, compiles. Throws `limit-too-small`, `out-of-memory`, `kernel-invalid`. */
export async function createWebGpuSession(options: WebGpuSessionOptions): Promise<WebGpuSession> {
  const { gpu, training, inference, capacity } = options;
  const { device } = gpu;
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
  const environment = { capacity, avoidsBarriers: options.avoidsBarriers ?? gpu.isSoftware };
  const [trainingProgram, inferenceProgram] = await Promise.all([
    compile(training, environment, arenas.resolver(training, plan.training), arenas.inputs, device, cache),
    compile(inference, environment, arenas.resolver(inference, plan.inference), arenas.inputs, device, cache),
  ]);
  const update = await compileOptimizer(arenas, plan, device, cache);
  return new WebGpuSession(options, plan, arenas, trainingProgram, inferenceProgram, update);
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

  constructor(
    private readonly options: WebGpuSessionOptions,
    plan: MemoryPlan,
    private readonly arenas: Arenas,
    private readonly trainingProgram: Program,
    private readonly inferenceProgram: Program,
    private readonly optimizer: OptimizerProgram,
  ) {
    this.device = options.gpu.device;
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
    const encoder = this.device.createCommandEncoder({ label: 'training step' });
    const upload = this.arenas.beginUploads(encoder, feeds);
    feeds.forEach((feed, i) => {
      upload(feed, stepUniforms(feed, i > 0, optimizer));
      if (i === 0) {
        for (const slot of this.trainingProgram.zeroed)
          encoder.clearBuffer(slot.buffer, slot.offset, slot.byteLength);
      }
      const pass = encoder.beginComputePass({ label: 'forward and backward' });
      encode(pass, this.trainingProgram.dispatches, feed.dims);
      if (i === feeds.length - 1) {
        encode(pass, this.optimizer.norm, feed.dims);
        if (optimizer) encode(pass, this.optimizer.update, feed.dims);
      }
      pass.end();
      this.lastTrainingDims = feed.dims;
    });
    const results = await this.arenas.submitAndRead(
      encoder,
      [{ buffer: this.arenas.resultBuffer, offset: 0, byteLength: resultBytes }],
      () => this.lost,
    );
    const values = results[0] ?? new Float32Array(3);
    const loss = values[resultAt.loss] ?? Number.NaN;
    const gradientNorm = values[resultAt.norm] ?? Number.NaN;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new EngineError(
        'loss-not-finite',
        `The ${Number.isFinite(loss) ? 'gradient norm' : 'loss'} is not finite; the parameters were left as they were.`,
        'Lower the learning rate, add warm-up or clipping, then resume from the last checkpoint.',
        { loss, gradientNorm },
      );
    }
    return { loss, gradientNorm };
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

  async infer(feed: Feed): Promise<ReadonlyMap<string, Float32Array>> {
    this.check([feed]);
    const graph = this.options.inference;
    const encoder = this.device.createCommandEncoder({ label: 'inference' });
    this.arenas.beginUploads(encoder, [feed])(feed, stepUniforms(feed, false, null));
    const pass = encoder.beginComputePass({ label: 'forward' });
    encode(pass, this.inferenceProgram.dispatches, feed.dims);
    pass.end();
    const outputs = [...graph.outputs];
    const slots = outputs.map(([, tensor]) => this.slot(graph, tensor, feed.dims));
    const arrays = await this.arenas.submitAndRead(encoder, slots, () => this.lost);
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
    this.arenas.destroy();
  }

  private check(feeds: readonly Feed[]): void {
    if (this.lost) throw this.lost;
    for (const { dims } of feeds) {
      for (const [axis, most] of Object.entries(this.options.capacity)) {
        const actual = dims[axis as keyof Dims];
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

function encode(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[], dims: Dims): void {
  let current: GPUComputePipeline | null = null;
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    const [x, y, z] = workgroups(dims);
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(x, y, z);
  }
}
