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

interface Seat {
  readonly points: GpuPoints;
  readonly name: string;
}

/** A device opened when first needed, and the points that lie on it until others come. */
export class GpuSeat {
  readonly #open: OpenGpu;
  #device: Promise<GpuDevice> | null = null;
  #points: Promise<GpuPoints> | null = null;
  #givenUp = false;

  constructor(open: OpenGpu) {
    this.#open = open;
  }

  /** The points on the GPU, where this is to be done there; null for the CPU. Throws only where the GPU is asked for by name. */
  async seatFor(points: Points, { k, algorithm, device: asked = 'auto' }: Asked): Promise<Seat | null> {
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
      this.#points ??= GpuPoints.create(device, points);
      return { points: await this.#points, name: device.name };
    } catch (error) {
      if (asked === 'webgpu') {
        this.#reset();
        throw error;
      }
      this.giveUp();
      return null;
    }
  }

  /** Other points come: these are freed. */
  leave(): void {
    this.#points?.then(
      (points) => points.dispose(),
      () => undefined,
    );
    this.#points = null;
  }

  /** `auto` means the CPU from now on. */
  giveUp(): void {
    this.#givenUp = true;
    this.#reset();
  }

  #reset(): void {
    this.leave();
    this.#device?.then(
      ({ device }) => device.destroy(),
      () => undefined,
    );
    this.#device = null;
  }
}
