import type { Dims } from '../graph/types.ts';
import type { Dispatch } from './program.ts';

/** Records kernels in order and submits what it has whenever a part is full; the rest is handed back by `finish`. */
export class Recorder {
  private current: GPUCommandEncoder;
  private pass: GPUComputePassEncoder | null = null;
  private pipeline: GPUComputePipeline | null = null;
  private recorded = 0;

  /** `perSubmission`: dispatches after which a submission is cut off. */
  constructor(
    private readonly device: GPUDevice,
    private readonly label: string,
    private readonly perSubmission: number,
  ) {
    this.current = device.createCommandEncoder({ label });
  }

  /** For copies and clears between kernels. */
  get encoder(): GPUCommandEncoder {
    this.endPass();
    return this.current;
  }

  run(dispatches: readonly Dispatch[], dims: Dims): void {
    for (const { pipeline, bindGroup, workgroups } of dispatches) {
      if (this.recorded >= this.perSubmission) this.cut();
      this.pass ??= this.current.beginComputePass({ label: this.label });
      const [x, y, z] = workgroups(dims);
      if (pipeline !== this.pipeline) this.pass.setPipeline(pipeline);
      this.pipeline = pipeline;
      this.pass.setBindGroup(0, bindGroup);
      this.pass.dispatchWorkgroups(x, y, z);
      this.recorded++;
    }
  }

  /** The last submission, still open. */
  finish(): GPUCommandEncoder {
    return this.encoder;
  }

  private cut(): void {
    this.device.queue.submit([this.encoder.finish()]);
    this.current = this.device.createCommandEncoder({ label: this.label });
    this.recorded = 0;
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = null;
    this.pipeline = null;
  }
}
