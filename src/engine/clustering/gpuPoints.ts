import { EngineError } from '../errors.ts';
import type { GpuDevice } from '../webgpu/device.ts';
import { folded } from '../webgpu/kernel.ts';
import { PipelineCache } from '../webgpu/program.ts';
import { distances, distancesBindings } from './distances.ts';
import * as kernels from './means.ts';
import { directNearest, nearestBindings, nearestRows, tiledNearest } from './nearest.ts';
import { mostCandidates, segmentRows } from './sizes.ts';

/** Rows by cluster, cut into segments: what `means` adds up. */
export interface Members {
  /** `[count]`: rows, cluster after cluster. */
  readonly rows: Uint32Array;
  /** `[k + 1]`: where each cluster's rows begin. */
  readonly offsets: Uint32Array;
}

export interface Nearest {
  /** Nearest centroid of each row. */
  readonly clusters: Uint32Array;
  /** `[k, width]`: the centroids that they are nearest to. */
  readonly centroids: Float32Array;
}

interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

type Kernels = Readonly<Record<'nearest' | 'sums' | 'means' | 'norms' | 'distances', Kernel>>;

/**
 * Points that stay on the GPU, and k-means' two steps on them. Same points, same calls: same bits on one device (no float atomics,
 * every sum in a fixed order). Throws `limit-too-small` where the device cannot bind them, `out-of-memory`, `device-lost`.
 */
export class GpuPoints {
  readonly #gpu: GpuDevice;
  readonly #cache: PipelineCache;
  readonly #buffers: GPUBuffer[] = [];
  readonly #kernels: Kernels;
  readonly #isTiled: boolean;
  readonly #quads: number;
  readonly #points: GPUBuffer;
  readonly #pointNorms: GPUBuffer;
  readonly #clusters: GPUBuffer;
  readonly #squares: GPUBuffer;
  readonly #sizes: GPUBuffer;
  #ofK: KBuffers | null = null;
  #candidates: { readonly rows: GPUBuffer; readonly distances: GPUBuffer; readonly m: number } | null = null;
  #staging: GPUBuffer | null = null;
  #lost: GPUDeviceLostInfo | null = null;

  private constructor(
    gpu: GpuDevice,
    cache: PipelineCache,
    made: Kernels,
    isTiled: boolean,
    readonly count: number,
    readonly width: number,
    values: Float32Array,
  ) {
    this.#gpu = gpu;
    this.#cache = cache;
    this.#kernels = made;
    this.#isTiled = isTiled;
    this.#quads = Math.ceil(width / 4);
    const padded = this.#quads * 4;
    this.#points = this.#buffer('points', count * padded);
    this.#pointNorms = this.#buffer('point norms', count);
    this.#clusters = this.#buffer('clusters', count);
    this.#squares = this.#buffer('squares', count);
    this.#sizes = this.#buffer('sizes', 4, GPUBufferUsage.UNIFORM);
    this.#upload(values, padded);
    void gpu.device.lost.then((info) => {
      if (info.reason !== 'destroyed') this.#lost = info;
    });
  }

  /** Uploads `values` `[count, width]` and compiles. `avoidsBarriers`: default the device's own. */
  static async create(
    gpu: GpuDevice,
    {
      count,
      width,
      values,
    }: { readonly count: number; readonly width: number; readonly values: Float32Array },
    avoidsBarriers = gpu.isSoftware,
  ): Promise<GpuPoints> {
    const bytes = count * Math.ceil(width / 4) * 16;
    const limit = Math.min(gpu.limits['maxStorageBufferBindingSize'] ?? 0, gpu.limits['maxBufferSize'] ?? 0);
    if (bytes > limit)
      throw new EngineError(
        'limit-too-small',
        `${count} vectors of width ${width} take ${bytes} bytes; this device binds ${limit}.`,
        'Cluster them on the CPU, or cluster a sample.',
        { bytes, limit },
      );
    const cache = new PipelineCache(gpu.device, gpu.compilesInParallel);
    const kernel = async (label: string, accesses: readonly ('read' | 'write')[], code: string) => {
      const layout = cache.layout(accesses, false);
      return { layout, pipeline: await cache.pipeline(label, code, layout) };
    };
    const nearest = avoidsBarriers ? directNearest : tiledNearest;
    const [n, s, m, c, d] = await Promise.all([
      kernel('k-means nearest', nearestBindings, nearest),
      kernel('k-means segment sums', kernels.segmentSumsBindings, kernels.segmentSums),
      kernel('k-means means', kernels.meansBindings, kernels.means),
      kernel('k-means centroid norms', kernels.centroidNormsBindings, kernels.centroidNorms),
      kernel('k-means distances', distancesBindings, distances),
    ]);
    const made = { nearest: n, sums: s, means: m, norms: c, distances: d };
    gpu.device.pushErrorScope('out-of-memory');
    const points = new GpuPoints(gpu, cache, made, !avoidsBarriers, count, width, values);
    const refused = await gpu.device.popErrorScope();
    if (refused) {
      points.dispose();
      throw new EngineError(
        'out-of-memory',
        `The device has no room for ${count} vectors of width ${width}: ${refused.message}`,
        'Close other tabs that use the GPU, or cluster on the CPU.',
        { bytes },
      );
    }
    return points;
  }

  /** Squared distances of every row to each of up to 16 rows, `[rows, count]`. */
  async distancesTo(rows: readonly number[]): Promise<Float32Array> {
    const m = rows.length;
    if (m < 1 || m > mostCandidates) throw new RangeError(`${m} candidates; at most ${mostCandidates}`);
    if (this.#candidates?.m !== m) {
      this.#candidates?.rows.destroy();
      this.#candidates?.distances.destroy();
      this.#candidates = {
        rows: this.#buffer('candidates', m),
        distances: this.#buffer('distances', m * this.count),
        m,
      };
    }
    const { rows: buffer, distances: out } = this.#candidates;
    this.#gpu.device.queue.writeBuffer(buffer, 0, Uint32Array.from(rows));
    this.#setSizes(m, 0);
    const encoder = this.#gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#dispatch(pass, 'distances', [this.#points, buffer, out], Math.ceil(this.count / 64));
    pass.end();
    return new Float32Array(await this.#read(encoder, [[out, m * this.count * 4]]));
  }

  /** Sets k centroids, `[k, width]`, and finds the nearest of every row. */
  async assign(centroids: Float64Array, k: number): Promise<Nearest> {
    const { centroids: buffer } = this.#buffersOf(k);
    const padded = this.#quads * 4;
    const values = new Float32Array(k * padded);
    for (let c = 0; c < k; c++)
      values.set(centroids.subarray(c * this.width, (c + 1) * this.width), c * padded);
    this.#gpu.device.queue.writeBuffer(buffer, 0, values);
    this.#setSizes(k, 0);
    const encoder = this.#gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#nearest(pass, k);
    pass.end();
    return this.#found(encoder, k);
  }

  /** Moves the centroids to the means of their members, then finds the nearest of every row: one submit, one wait. */
  async moveAndAssign({ rows, offsets }: Members): Promise<Nearest> {
    const k = offsets.length - 1;
    const own = this.#buffersOf(k);
    const { queue } = this.#gpu.device;
    const segments: number[] = [];
    const clusters = new Uint32Array(4 * k);
    for (let c = 0; c < k; c++) {
      const [from, to] = [offsets[c] as number, offsets[c + 1] as number];
      clusters[4 * c] = segments.length / 2;
      for (let at = from; at < to; at += segmentRows) segments.push(at, Math.min(to, at + segmentRows));
      clusters[4 * c + 1] = segments.length / 2;
      clusters[4 * c + 2] = to - from;
    }
    queue.writeBuffer(own.members, 0, rows as Uint32Array<ArrayBuffer>);
    queue.writeBuffer(own.segments, 0, Uint32Array.from(segments));
    queue.writeBuffer(own.clusterSegments, 0, clusters);
    this.#setSizes(k, segments.length / 2);
    const encoder = this.#gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const threads = (items: number) => Math.ceil((items * this.#quads) / 64);
    const inputs = [this.#points, own.members, own.segments, own.sums];
    this.#dispatch(pass, 'sums', inputs, threads(segments.length / 2));
    this.#dispatch(pass, 'means', [own.sums, own.clusterSegments, own.centroids], threads(k));
    this.#nearest(pass, k);
    pass.end();
    return this.#found(encoder, k);
  }

  /** Squared distances to the centroids of the last call, `[count]`. */
  async squares(): Promise<Float32Array> {
    const encoder = this.#gpu.device.createCommandEncoder();
    return new Float32Array(await this.#read(encoder, [[this.#squares, this.count * 4]]));
  }

  /** Frees everything here; the device stays. */
  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#staging?.destroy();
    this.#cache.destroy();
  }

  #nearest(pass: GPUComputePassEncoder, k: number): void {
    const { centroids, norms } = this.#buffersOf(k);
    this.#dispatch(pass, 'norms', [centroids, norms], Math.ceil(k / 64));
    const bound = [this.#points, centroids, this.#pointNorms, norms, this.#clusters, this.#squares];
    const rows = this.#isTiled ? nearestRows.tiled : nearestRows.direct;
    this.#dispatch(pass, 'nearest', bound, Math.ceil(this.count / rows));
  }

  async #found(encoder: GPUCommandEncoder, k: number): Promise<Nearest> {
    const { centroids } = this.#buffersOf(k);
    const padded = this.#quads * 4;
    const clusterBytes = this.count * 4;
    const bytes = await this.#read(encoder, [
      [this.#clusters, clusterBytes],
      [centroids, k * padded * 4],
    ]);
    const wide = new Float32Array(bytes, clusterBytes);
    if (padded === this.width) return { clusters: new Uint32Array(bytes, 0, this.count), centroids: wide };
    const narrow = new Float32Array(k * this.width);
    for (let c = 0; c < k; c++)
      narrow.set(wide.subarray(c * padded, c * padded + this.width), c * this.width);
    return { clusters: new Uint32Array(bytes, 0, this.count), centroids: narrow };
  }

  #buffersOf(k: number): KBuffers {
    if (this.#ofK?.k === k) return this.#ofK;
    for (const buffer of Object.values(this.#ofK ?? {}))
      if (typeof buffer === 'object') (buffer as GPUBuffer).destroy();
    const padded = this.#quads * 4;
    const segments = Math.ceil(this.count / segmentRows) + k;
    this.#ofK = {
      k,
      centroids: this.#buffer('centroids', k * padded),
      norms: this.#buffer('centroid norms', k),
      members: this.#buffer('members', this.count),
      segments: this.#buffer('segments', 2 * segments),
      sums: this.#buffer('segment sums', segments * padded),
      clusterSegments: this.#buffer('cluster segments', 4 * k),
    };
    return this.#ofK;
  }

  #buffer(label: string, words: number, usage: number = GPUBufferUsage.STORAGE): GPUBuffer {
    const all = usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = this.#gpu.device.createBuffer({ label, size: Math.max(16, words * 4), usage: all });
    this.#buffers.push(buffer);
    return buffer;
  }

  #upload(values: Float32Array, padded: number): void {
    const { queue } = this.#gpu.device;
    const { count, width } = this;
    const norms = new Float32Array(count);
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let i = row * width; i < (row + 1) * width; i++) sum += (values[i] as number) ** 2;
      norms[row] = sum;
    }
    queue.writeBuffer(this.#pointNorms, 0, norms);
    if (padded === width) {
      queue.writeBuffer(this.#points, 0, values as Float32Array<ArrayBuffer>);
      return;
    }
    const wide = new Float32Array(count * padded);
    for (let row = 0; row < count; row++)
      wide.set(values.subarray(row * width, (row + 1) * width), row * padded);
    queue.writeBuffer(this.#points, 0, wide);
  }

  #setSizes(k: number, segments: number): void {
    this.#gpu.device.queue.writeBuffer(this.#sizes, 0, Uint32Array.of(this.count, this.#quads, k, segments));
  }

  #dispatch(
    pass: GPUComputePassEncoder,
    name: keyof Kernels,
    bound: readonly GPUBuffer[],
    groups: number,
  ): void {
    const { pipeline, layout } = this.#kernels[name];
    const entries = [this.#sizes, ...bound].map((buffer, binding) => ({ binding, resource: { buffer } }));
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#gpu.device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(...folded(groups));
  }

  /** Submits, and reads buffers one after another. */
  async #read(
    encoder: GPUCommandEncoder,
    parts: readonly (readonly [GPUBuffer, number])[],
  ): Promise<ArrayBuffer> {
    const { device } = this.#gpu;
    const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
    if (!this.#staging || this.#staging.size < total) {
      this.#staging?.destroy();
      const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
      this.#staging = device.createBuffer({ label: 'k-means readback', size: total, usage });
    }
    const staging = this.#staging;
    let at = 0;
    for (const [buffer, bytes] of parts) {
      encoder.copyBufferToBuffer(buffer, 0, staging, at, bytes);
      at += bytes;
    }
    device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, total);
    } catch (cause) {
      throw new EngineError(
        'device-lost',
        `The GPU was lost while it clustered${this.#lost ? `: ${this.#lost.message}` : '.'}`,
        'Cluster again; if it stays, choose the CPU.',
        {},
        cause,
      );
    }
    const copy = staging.getMappedRange(0, total).slice(0);
    staging.unmap();
    return copy;
  }
}

interface KBuffers {
  readonly k: number;
  readonly centroids: GPUBuffer;
  readonly norms: GPUBuffer;
  readonly members: GPUBuffer;
  readonly segments: GPUBuffer;
  readonly sums: GPUBuffer;
  readonly clusterSegments: GPUBuffer;
}
