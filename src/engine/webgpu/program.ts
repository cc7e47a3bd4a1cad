import { EngineError } from '../errors.ts';
import { nodeSeconds } from '../plan/estimate.ts';
import { elementCount, type Dims, type Graph, type Tensor } from '../graph/types.ts';
import { rowParts } from '../plan/parts.ts';
import { codeInPieces, mostRanges, rangeStride, rangeWords } from './pieces.ts';
import { stepBytes, stepStruct, type Binding, type KernelCall, type KernelEnvironment } from './kernel.ts';

/** A place in a buffer. `byteLength` is the room at capacity. */
export interface Slot {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly byteLength: number;
}

/** Where a tensor lies; of one in parts, the part of this number (default 0). */
export type SlotOf = (tensor: Tensor, part?: number) => Slot;

export interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: KernelCall['workgroups'];
  /** Estimated time at the plan's capacity, on a nominal card. */
  readonly seconds: number;
  /** The kernel as it runs in pieces, once `beInPieces` has made it. */
  pieces: KernelInPieces | null;
  /** Makes `pieces`, once. Nothing happens where the kernel has only one workgroup. */
  readonly beInPieces: () => Promise<void>;
}

/** A kernel whose bind group takes the offset of a range (`pieces.ts`) in `ranges`. */
export interface KernelInPieces {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly ranges: GPUBuffer;
}

/** A graph ready to be encoded: everything that can be made once is made. */
export interface Program {
  readonly dispatches: readonly Dispatch[];
  /** Of each node of the graph in turn: its first dispatch and the one after its last. */
  readonly ranges: readonly (readonly [number, number])[];
  /** By node: what has to be zero before it runs for a step's first micro-batch. */
  readonly zeroed: ReadonlyMap<number, readonly Slot[]>;
}

/** Pipelines and layouts of one device; identical kernels share one pipeline. */
export class PipelineCache {
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private readonly constantBuffers = new Map<string, GPUBuffer>();
  private rangeBuffer: GPUBuffer | null = null;

  constructor(
    private readonly device: GPUDevice,
    private readonly inParallel: boolean,
  ) {}

  private async compileHere(descriptor: GPUComputePipelineDescriptor): Promise<GPUComputePipeline> {
    this.device.pushErrorScope('validation');
    const pipeline = this.device.createComputePipeline(descriptor);
    const problem = await this.device.popErrorScope();
    if (problem) throw new Error(problem.message);
    return pipeline;
  }

  /** Uniform at binding 0, storage behind it, at the end a second uniform for kernels with constants and one for kernels in pieces. */
  layout(
    accesses: readonly ('read' | 'write')[],
    hasConstants: boolean,
    hasRange = false,
  ): GPUBindGroupLayout {
    const key = `${accesses.join()}${hasConstants ? '+' : ''}${hasRange ? '#' : ''}`;
    const known = this.layouts.get(key);
    if (known) return known;
    const uniforms = [...(hasConstants ? [false] : []), ...(hasRange ? [true] : [])];
    const layout = this.device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } },
        ...accesses.map((access, i) => ({
          binding: i + 1,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
        })),
        ...uniforms.map((hasDynamicOffset, i) => ({
          binding: accesses.length + 1 + i,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: 'uniform' as const, hasDynamicOffset },
        })),
      ],
    });
    this.layouts.set(key, layout);
    return layout;
  }

  /** A small uniform buffer holding these words, padded to whole vec4u. */
  constants(words: readonly number[]): GPUBuffer {
    const key = words.join();
    const known = this.constantBuffers.get(key);
    if (known) return known;
    const size = Math.ceil(words.length / 4) * 16;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.device.createBuffer({ label: 'constants', size, usage });
    const data = new Uint32Array(size / 4);
    data.set(words);
    this.device.queue.writeBuffer(buffer, 0, data);
    this.constantBuffers.set(key, buffer);
    return buffer;
  }

  /** Room for the ranges of a step's kernels in pieces. */
  ranges(): GPUBuffer {
    this.rangeBuffer ??= this.device.createBuffer({
      label: 'ranges of kernels in pieces',
      size: mostRanges * rangeStride,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    return this.rangeBuffer;
  }

  /** Frees what the cache allocated; its pipelines must not run afterwards. */
  destroy(): void {
    this.rangeBuffer?.destroy();
    for (const buffer of this.constantBuffers.values()) buffer.destroy();
  }

  pipeline(label: string, code: string, layout: GPUBindGroupLayout): Promise<GPUComputePipeline> {
    const known = this.pipelines.get(code);
    if (known) return known;
    const module = this.device.createShaderModule({ label, code });
    const descriptor: GPUComputePipelineDescriptor = {
      label,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    };
    const compiled = this.inParallel
      ? this.device.createComputePipelineAsync(descriptor)
      : this.compileHere(descriptor);
    const pipeline = compiled.catch(async (cause: unknown) => {
      const info = await module.getCompilationInfo().catch(() => null);
      const messages = info?.messages.map((m) => `${m.lineNum}:${m.linePos} ${m.message}`).join('\n') ?? '';
      throw new EngineError(
        'kernel-invalid',
        `The kernel "${label}" did not compile: ${messages || String(cause)}`,
        'Report this with the details below; the CPU path trains meanwhile.',
        { label, messages, code },
        cause,
      );
    });
    this.pipelines.set(code, pipeline);
    return pipeline;
  }
}

/** Turns one kernel call into a dispatch: binding modes, declarations, pipeline, bind group. */
export async function prepare(
  call: KernelCall,
  slotOf: SlotOf,
  capacity: Dims,
  uniform: GPUBuffer,
  device: GPUDevice,
  cache: PipelineCache,
  seconds = 0,
): Promise<Dispatch> {
  const bound = call.bindings.map((binding) => ({ binding, ...range(binding, slotOf, capacity) }));
  const written = new Set(
    bound.filter(({ binding }) => binding.access !== 'read').map(({ buffer }) => buffer),
  );
  // One buffer may not be read-only and writable in the same dispatch: reads of a written arena are bound writable too.
  const accesses = bound.map(({ buffer }) => (written.has(buffer) ? ('write' as const) : ('read' as const)));
  const declarations = bound.map(({ binding, offsets }, i) => {
    const mode = accesses[i] === 'write' ? 'read_write' : 'read';
    const constants = offsets.map((offset, x) => `const ${binding.name}_${x} = ${offset}u;`).join(' ');
    return `@group(0) @binding(${i + 1}) var<storage, ${mode}> ${binding.name}: array<${binding.element}>; ${
      binding.tensors.length > 1 ? constants : ''
    }`;
  });
  const constants = call.constants?.length ? call.constants : null;
  if (constants) {
    declarations.push(
      `@group(0) @binding(${bound.length + 1}) var<uniform> constants: array<vec4u, ${Math.ceil(constants.length / 4)}>;`,
    );
  }
  const enables = (call.enables ?? []).map((feature) => `enable ${feature};\n`).join('');
  const code = `${enables}// ${call.label}\n${stepStruct}\n@group(0) @binding(0) var<uniform> step: Step;\n${declarations.join('\n')}\n${call.code}`;
  const layout = cache.layout(accesses, constants !== null);
  const pipeline = await cache.pipeline(call.label, code, layout);
  const entries: GPUBindGroupEntry[] = [
    { binding: 0, resource: { buffer: uniform, offset: 0, size: stepBytes } },
    ...bound.map(({ buffer, offset, byteLength }, i) => ({
      binding: i + 1,
      resource: { buffer, offset, size: byteLength },
    })),
    ...(constants ? [{ binding: bound.length + 1, resource: { buffer: cache.constants(constants) } }] : []),
  ];
  const { label, workgroups } = call;
  const bindGroup = device.createBindGroup({ label, layout, entries });
  let making: Promise<void> | null = null;
  const dispatch: Dispatch = {
    label,
    pipeline,
    bindGroup,
    workgroups,
    seconds,
    pieces: null,
    beInPieces: () => (making ??= makePieces()),
  };
  const makePieces = async () => {
    const binding = entries.length;
    const changed = codeInPieces(code, binding);
    if (!changed) return;
    const ranged = cache.layout(accesses, constants !== null, true);
    const ranges = cache.ranges();
    dispatch.pieces = {
      ranges,
      pipeline: await cache.pipeline(`${label}, in pieces`, changed, ranged),
      bindGroup: device.createBindGroup({
        label: `${label}, in pieces`,
        layout: ranged,
        entries: [...entries, { binding, resource: { buffer: ranges, size: rangeWords * 4 } }],
      }),
    };
  };
  return dispatch;
}

/** The byte range a binding covers, and the element offsets of its tensors in it. */
function range(binding: Binding, slotOf: SlotOf, capacity: Dims) {
  const slots = binding.tensors.map((tensor) => {
    const slot = slotOf(tensor, binding.part);
    const isPart = binding.part !== undefined;
    return { ...slot, bytes: isPart ? slot.byteLength : elementCount(tensor.shape, capacity) * 4 };
  });
  const [first] = slots;
  if (!first || slots.some((slot) => slot.buffer !== first.buffer)) {
    throw new EngineError(
      'graph-invalid',
      `${binding.name} spans several arenas.`,
      'Bind its tensors one by one.',
    );
  }
  const offset = Math.min(...slots.map((slot) => slot.offset));
  const end = Math.max(...slots.map((slot) => slot.offset + slot.bytes));
  const grain = binding.element === 'vec4f' ? 16 : 4;
  return {
    buffer: first.buffer,
    offset,
    byteLength: Math.ceil((end - offset) / grain) * grain,
    offsets: slots.map((slot) => (slot.offset - offset) / 4),
  };
}

/** Lowers a whole graph; pipelines compile side by side. */
export async function compile(
  graph: Graph,
  environment: KernelEnvironment,
  slotOf: SlotOf,
  uniform: GPUBuffer,
  device: GPUDevice,
  cache: PipelineCache,
): Promise<Program> {
  const ofNodes = graph.nodes.map((node) => node.operation.kernels(node, environment));
  // Where a node has many kernels (attention's gradient), about three of them share the work; where it has two, one does it all.
  const secondsOfCall = (at: number, calls: number) => {
    const node = graph.nodes[at];
    return node ? nodeSeconds(node, environment.capacity) / (calls > 3 ? 3 : 1) : 0;
  };
  let end = 0;
  const ranges = ofNodes.map((calls) => [end, (end += calls.length)] as const);
  const { capacity } = environment;
  const dispatches = await Promise.all(
    ofNodes.flatMap((own, i) =>
      own.map((call) =>
        prepare(call, slotOf, capacity, uniform, device, cache, secondsOfCall(i, own.length)),
      ),
    ),
  );
  const slotsOf = (tensor: Tensor) =>
    rowParts(tensor.shape, environment.maxBindingBytes)?.map((_, part) => slotOf(tensor, part)) ?? [];
  const zeroed = new Map(
    ofNodes.flatMap((calls, node): [number, Slot[]][] => {
      const slots = calls.flatMap((call) => call.zeroed ?? []).flatMap(slotsOf);
      return slots.length > 0 ? [[node, slots]] : [];
    }),
  );
  return { dispatches, ranges, zeroed };
}
