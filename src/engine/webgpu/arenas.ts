import { formatBytes } from '../../base/quantities.ts';
import { EngineError } from '../errors.ts';
import type { Graph, Tensor } from '../graph/types.ts';
import type { ArenaPlan } from '../plan/arenas.ts';
import { aligned } from '../plan/liveness.ts';
import type { GradientLife } from '../plan/byLayer.ts';
import {
  resultBytes,
  uniformBytes,
  type GroupPlan,
  type MemoryPlan,
  type ParameterPlace,
} from '../plan/plan.ts';
import type { Feed, HostArray, StateOf } from '../session.ts';
import type { GroupTensors } from './optimizer.ts';
import type { Slot, SlotOf } from './program.ts';

const stateKinds = [
  'parameter',
  'gradient',
  'firstMoment',
  'secondMoment',
] as const satisfies readonly StateOf[];

/** All buffers of a session, laid out by its plan, and the traffic between them and the host. */
export class Arenas {
  /** Of arenas with trained parameters, in the plan's order. */
  readonly groupTensors: readonly GroupTensors[];
  /** The same with the gradients of the pass that measures; empty where none does. */
  readonly measuredTensors: readonly GroupTensors[];
  readonly partials: Tensor;
  readonly results: Tensor;
  private readonly arenaSlots = new Map<number, Slot>();
  /** What the input arena holds, so that unchanged tables are not uploaded again. */
  private held = new Map<string, HostArray>();
  private staging: GPUBuffer | null = null;
  private readonly readBuffers: GPUBuffer[] = [];

  private constructor(
    private readonly device: GPUDevice,
    readonly plan: MemoryPlan,
    private readonly buffers: Map<string, GPUBuffer>,
    readonly inputs: GPUBuffer,
    readonly resultBuffer: GPUBuffer,
    private readonly activations: readonly GPUBuffer[],
    partialBuffer: GPUBuffer,
  ) {
    let id = -1;
    const arena = (name: string, buffer: GPUBuffer, byteLength: number, offset = 0): Tensor => {
      const tensor: Tensor = {
        id: id--,
        name,
        shape: [Math.max(1, byteLength / 4)],
        dtype: 'f32',
        kind: 'activation',
      };
      this.arenaSlots.set(tensor.id, { buffer, offset, byteLength });
      return tensor;
    };
    const trained = plan.groups.filter(({ trainedBytes }) => trainedBytes > 0);
    const gradients = (group: GroupPlan, lives?: ReadonlyMap<string, GradientLife>) => {
      const { buffer, offset } = this.gradientSlot(group.name, lives);
      return arena(`gradient.${group.name}`, buffer, group.trainedBytes, offset);
    };
    this.groupTensors = trained.map((group) => {
      const of = (kind: StateOf) =>
        arena(`${kind}.${group.name}`, this.buffer(kind, group.name), group.trainedBytes);
      return {
        plan: group,
        parameters: of('parameter'),
        gradients: gradients(group, plan.byLayer?.updating),
        first: of('firstMoment'),
        second: of('secondMoment'),
      };
    });
    const measured = plan.byLayer?.measured;
    this.measuredTensors = measured?.size
      ? this.groupTensors.map((group) => ({ ...group, gradients: gradients(group.plan, measured) }))
      : [];
    this.partials = arena('norm partials', partialBuffer, aligned(plan.normPartials * 4));
    this.results = arena('results', resultBuffer, resultBytes);
  }

  /** Creates every buffer at once; `out-of-memory` names the plan's size and nothing stays allocated. */
  static async allocate(device: GPUDevice, plan: MemoryPlan): Promise<Arenas> {
    const made: GPUBuffer[] = [];
    const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const make = (label: string, size: number, usage = storage): GPUBuffer => {
      const buffer = device.createBuffer({ label, size: Math.max(256, size), usage });
      made.push(buffer);
      return buffer;
    };
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    const buffers = new Map<string, GPUBuffer>();
    for (const group of plan.groups) {
      buffers.set(`parameter.${group.name}`, make(`parameters of ${group.name}`, group.byteLength));
      if (group.trainedBytes === 0) continue;
      for (const kind of stateKinds.slice(plan.byLayer ? 2 : 1)) {
        buffers.set(`${kind}.${group.name}`, make(`${kind}s of ${group.name}`, group.trainedBytes));
      }
    }
    const inputs = make('inputs', plan.inputBytes, storage | GPUBufferUsage.UNIFORM);
    const results = make('results', resultBytes);
    const activations = plan.activationBytes.map((bytes, i) => make(`activations ${i}`, bytes));
    const partials = make('norm partials', aligned(plan.normPartials * 4));
    const problem = (await device.popErrorScope()) ?? (await device.popErrorScope());
    if (problem) {
      for (const buffer of made) buffer.destroy();
      throw new EngineError(
        'out-of-memory',
        `The GPU could not give ${formatBytes(plan.totalBytes)}: ${problem.message}`,
        'Lower the token budget or the maximum length, or close other tabs that use the GPU.',
        { plannedBytes: plan.totalBytes, byCategory: plan.byCategory },
      );
    }
    return new Arenas(device, plan, buffers, inputs, results, activations, partials);
  }

  get allocatedBytes(): number {
    const fixed = [
      ...this.buffers.values(),
      this.inputs,
      this.resultBuffer,
      ...this.activations,
      ...this.readBuffers,
    ];
    const partials = this.arenaSlots.get(this.partials.id)?.buffer.size ?? 0;
    return fixed.reduce((sum, buffer) => sum + buffer.size, partials + (this.staging?.size ?? 0));
  }

  readonly slotOfArena = (tensor: Tensor): Slot => {
    const slot = this.arenaSlots.get(tensor.id);
    if (!slot) throw new EngineError('graph-invalid', `${tensor.name} is not an arena.`, 'Report this.');
    return slot;
  };

  /** Where a graph's tensors lie. */
  resolver(graph: Graph, placements: ArenaPlan): SlotOf {
    const { byLayer } = this.plan;
    const gradientOf = (of: ReadonlyMap<string, Tensor>, lives?: ReadonlyMap<string, GradientLife>) =>
      [...of].map(([name, tensor]) => [tensor.id, { name, lives }] as const);
    const gradients = new Map([
      ...gradientOf(graph.gradients, byLayer?.updating),
      ...gradientOf(graph.updates?.measured ?? new Map(), byLayer?.measured),
    ]);
    return (tensor, part = 0) => {
      switch (tensor.kind) {
        case 'parameter':
          return this.parameterSlot('parameter', tensor.name, part);
        case 'gradient': {
          const gradient = gradients.get(tensor.id);
          const place = gradient && this.placesOf(gradient.name)[part];
          if (!place) break;
          const { buffer, offset } = this.gradientSlot(place.group, gradient.lives);
          return { buffer, offset: offset + place.offset, byteLength: place.byteLength };
        }
        case 'result':
          return { buffer: this.resultBuffer, offset: 0, byteLength: resultBytes };
        case 'input': {
          const place = this.plan.inputs.get(tensor.name);
          if (place) return { buffer: this.inputs, ...place };
          break;
        }
        case 'activation': {
          const place = placements.placements.get(tensor.id);
          const buffer = place && this.activations[place.buffer];
          if (place && buffer) return { buffer, offset: place.offset, byteLength: 0 };
          break;
        }
      }
      throw new EngineError('graph-invalid', `${tensor.name} has no place in the plan.`, 'Report this.');
    };
  }

  private parameterSlot(of: StateOf, name: string, part: number): Slot {
    const slot = this.parameterSlots(of, name)[part];
    if (slot) return slot;
    throw new EngineError('graph-invalid', `${name} has no part ${part}.`, 'Report this.', { name, part });
  }

  /** Where a parameter lies, or its gradient or moments: one place, or several where no binding holds it, in the order of its rows. */
  parameterSlots(of: StateOf, name: string): readonly Slot[] {
    if (of === 'gradient' && this.plan.byLayer)
      throw new EngineError(
        'graph-invalid',
        'No gradient outlives the step of a plan that updates by layer.',
        'Update at the end of the step to read gradients.',
        { name },
      );
    return this.placesOf(name).map(({ group, offset, byteLength }) => ({
      buffer: this.buffer(of, group),
      offset,
      byteLength,
    }));
  }

  private placesOf(name: string): readonly ParameterPlace[] {
    const places = this.plan.parameters.get(name);
    if (places) return places;
    throw new EngineError('graph-invalid', `There is no parameter "${name}".`, 'Check the name.', { name });
  }

  /** Where the gradients of an arena begin: a buffer of their own, or their place among the activations in one pass. */
  private gradientSlot(group: string, lives?: ReadonlyMap<string, GradientLife>): Omit<Slot, 'byteLength'> {
    const life = lives?.get(group);
    const buffer = life && this.activations[life.place.buffer];
    return buffer
      ? { buffer, offset: life.place.offset }
      : { buffer: this.buffer('gradient', group), offset: 0 };
  }

  private buffer(of: StateOf, group: string): GPUBuffer {
    const buffer = this.buffers.get(`${of}.${group}`) ?? this.buffers.get(`parameter.${group}`);
    if (!buffer)
      throw new EngineError('graph-invalid', `There is no parameter group "${group}".`, 'Report this.');
    return buffer;
  }

  /**
   * Encodes the arrival of micro-batches in the input arena. A single one is written directly; several wait packed in a staging
   * buffer and are copied in turn, so that a step stays one submit. Returns the function that encodes the next one.
   */
  beginUploads(
    encoder: () => GPUCommandEncoder,
    feeds: readonly Feed[],
  ): (feed: Feed, uniforms: ArrayBuffer) => void {
    const { queue } = this.device;
    const direct = feeds.length === 1;
    const staging = direct ? null : this.stagingFor(feeds);
    let staged = 0;
    const put = (offset: number, data: HostArray | ArrayBuffer) => {
      if (!staging) {
        queue.writeBuffer(this.inputs, offset, data as GPUAllowSharedBufferSource);
        return;
      }
      queue.writeBuffer(staging, staged, data as GPUAllowSharedBufferSource);
      encoder().copyBufferToBuffer(staging, staged, this.inputs, offset, data.byteLength);
      staged += data.byteLength;
    };
    return (feed, uniforms) => {
      put(0, uniforms);
      for (const [name, data] of feed.tensors) {
        const place = this.plan.inputs.get(name);
        if (!place || this.held.get(name) === data) continue;
        if (data.byteLength > place.byteLength) {
          throw new EngineError(
            'batch-too-large',
            `Input ${name} is larger than planned.`,
            'Lower the token budget.',
            { name },
          );
        }
        put(place.offset, data);
        this.held.set(name, data);
      }
    };
  }

  private stagingFor(feeds: readonly Feed[]): GPUBuffer {
    const bytes = feeds.reduce(
      (sum, feed) =>
        [...feed.tensors.values()].reduce((all, data) => all + data.byteLength, sum + uniformBytes),
      0,
    );
    if (this.staging && this.staging.size >= bytes) return this.staging;
    this.staging?.destroy();
    this.staging = this.device.createBuffer({
      label: 'staging',
      size: bytes,
      usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    return this.staging;
  }

  /** Submits the encoder with copies of the slots and waits for their values. */
  async submitAndRead(
    encoder: GPUCommandEncoder,
    slots: readonly Slot[],
    lost: () => EngineError | null,
  ): Promise<Float32Array<ArrayBuffer>[]> {
    const sum = (group: readonly Slot[]) => group.reduce((bytes, slot) => bytes + slot.byteLength, 0);
    // All through one buffer, unless it would be larger than the device's largest: parts of a parameter.
    const groups = sum(slots) <= this.device.limits.maxBufferSize ? [slots] : slots.map((slot) => [slot]);
    const targets = groups.map((group) => {
      const bytes = sum(group);
      const target = this.readBuffer(bytes);
      let at = 0;
      for (const { buffer, offset, byteLength } of group) {
        encoder.copyBufferToBuffer(buffer, offset, target, at, byteLength);
        at += byteLength;
      }
      return { group, target, bytes };
    });
    this.device.queue.submit([encoder.finish()]);
    try {
      await Promise.all(targets.map(({ target, bytes }) => target.mapAsync(GPUMapMode.READ, 0, bytes)));
    } catch (cause) {
      // The loss of the device is announced a moment after the failed map.
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw (
        lost() ??
        new EngineError(
          'device-lost',
          `The GPU stopped answering: ${String(cause)}`,
          'Resume the run from its last checkpoint.',
          {},
          cause,
        )
      );
    }
    return targets.flatMap(({ group, target, bytes }) => {
      const mapped = target.getMappedRange(0, bytes);
      let at = 0;
      const arrays = group.map(({ byteLength }) => {
        const values = new Float32Array(mapped.slice(at, at + byteLength));
        at += byteLength;
        return values;
      });
      target.unmap();
      if (target.size <= 4096) this.readBuffers.push(target);
      else target.destroy();
      return arrays;
    });
  }

  /** Small read-backs are reused; large ones come and go. */
  private readBuffer(bytes: number): GPUBuffer {
    const at = this.readBuffers.findIndex((buffer) => buffer.size >= bytes);
    const [kept] = at >= 0 ? this.readBuffers.splice(at, 1) : [];
    return (
      kept ??
      this.device.createBuffer({
        label: 'read-back',
        size: Math.max(256, Math.ceil(bytes / 4) * 4),
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      })
    );
  }

  destroy(): void {
    for (const buffer of [
      ...this.buffers.values(),
      this.inputs,
      this.resultBuffer,
      ...this.activations,
      ...this.readBuffers,
      ...(this.staging ? [this.staging] : []),
    ]) {
      buffer.destroy();
    }
    this.arenaSlots.get(this.partials.id)?.buffer.destroy();
    this.held = new Map();
  }
}
