import { serialQueue } from '../../base/serialQueue.ts';
import { pointCount } from '../../core/clustering/geometry.ts';
import type { Points } from '../../core/clustering/points.ts';
import type { KMeansOptions } from '../../core/clustering/kmeans.ts';
import { GpuPoints } from '../../engine/clustering/gpuPoints.ts';
import { EngineError } from '../../engine/errors.ts';
import { openDevice, type GpuDevice } from '../../engine/webgpu/device.ts';
import type { DeviceChoice } from './contract.ts';

/** Opens a device, or throws `webgpu-missing`. */
export type OpenGpu = () => Promise<GpuDevice>;

/** Of a browser's worker. */
export const openBrowserGpu: OpenGpu = () => openDevice(navigator.gpu);

/** Where there is none. */
export const noGpu: OpenGpu = () => openDevice(undefined);

/** Products an iteration from which the way to the GPU pays: some 50 ms on the CPU. */
const worthProducts = 2e8;

type Asked = Pick<KMeansOptions, 'k' | 'seed' | 'algorithm'> & {
  readonly device?: DeviceChoice['device'] | undefined;
};

/** Points on the GPU, and its name. */
export interface Seat {
  readonly points: GpuPoints;
  readonly name: string;
}

/** A device opened when first needed, and the points that lie on it until others come. */
export class GpuSeat {
  readonly #open: OpenGpu;
  /** Points are not freed under whoever works with them. */
  readonly #inOrder = serialQueue();
  #device: Promise<GpuDevice> | null = null;
  #seated: { readonly points: Points; readonly onGpu: Promise<GpuPoints> } | null = null;
  #givenUp = false;

  constructor(open: OpenGpu) {
    this.#open = open;
  }

  /**
   * Works with the points on the GPU, where this is to be done there, after whoever does so already; null for the CPU. Throws
   * what `work` throws, and what stands in the way of a GPU that was asked for by name.
   */
  use<T>(points: Points, asked: Asked, work: (seat: Seat) => Promise<T>): Promise<T | null> {
    return this.#inOrder(async () => {
      const seat = await this.#seatFor(points, asked);
      return seat && work(seat);
    });
  }

  async #seatFor(points: Points, { k, algorithm, device: asked = 'auto' }: Asked): Promise<Seat | null> {
    if (asked === 'cpu' || algorithm === 'mini-batch') return null;
    if ('rowCount' in points) {
      if (asked === 'webgpu')
        throw new EngineError(
          'limit-too-small',
          'Sparse vectors are clustered on the CPU only.',
          'Choose the CPU, or an embedder whose vectors are dense (LSA in place of TF-IDF).',
        );
      return null;
    }
    const products = pointCount(points) * k * points.width;
    if (asked === 'auto' && (this.#givenUp || products < worthProducts)) return null;
    try {
      const device = await (this.#device ??= this.#open());
      // SwiftShader and its kin: the CPU's own kernel is faster.
      if (asked === 'auto' && device.isSoftware) return null;
      if (this.#seated?.points !== points) {
        this.#free();
        this.#seated = { points, onGpu: GpuPoints.create(device, points) };
      }
      return { points: await this.#seated.onGpu, name: device.name };
    } catch (error) {
      this.#reset();
      if (asked === 'webgpu') throw error;
      this.#givenUp = true;
      return null;
    }
  }

  /** Other points come: these are freed. */
  leave(): void {
    void this.#inOrder(() => this.#free());
  }

  /** `auto` means the CPU from now on. */
  giveUp(): void {
    this.#givenUp = true;
    void this.#inOrder(() => this.#reset());
  }

  #free(): void {
    this.#seated?.onGpu.then(
      (points) => points.dispose(),
      () => undefined,
    );
    this.#seated = null;
  }

  #reset(): void {
    this.#free();
    this.#device?.then(
      ({ device }) => device.destroy(),
      () => undefined,
    );
    this.#device = null;
  }
}
