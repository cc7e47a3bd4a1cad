import type { Dims } from '../graph/types.ts';
import type { Pacer } from './pacing.ts';
import { cutGrid, mostRanges, rangeStride, rangeWords, type Workgroups } from './pieces.ts';
import type { Dispatch } from './program.ts';

/** Floor of a kernel's nominal seconds, whatever the batch. */
const launchSeconds = 5e-6;

/** Nominal seconds of a kernel when a batch fills `share` of what it was estimated for. */
function dispatchSeconds({ seconds }: Dispatch, share: number): number {
  return launchSeconds + share * Math.max(0, seconds - launchSeconds);
}

/**
 * Records kernels in order. Submits what it has whenever that would keep the GPU busy for longer than a submission should, and runs a
 * kernel that is too long by itself in pieces, where it is ready for that; the rest is handed back by `finish`.
 */
export class Recorder {
  private current: GPUCommandEncoder;
  private pass: GPUComputePassEncoder | null = null;
  private pipeline: GPUComputePipeline | null = null;
  private recordedMs = 0;
  /** Used since the last submission. */
  private ranges = 0;
  /** Nominal seconds of everything recorded. */
  seconds = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly label: string,
    private readonly pacer: Pacer,
  ) {
    this.current = device.createCommandEncoder({ label });
  }

  /** For copies and clears between kernels. */
  get encoder(): GPUCommandEncoder {
    this.endPass();
    return this.current;
  }

  /** `share`: how much of the estimated work this batch is, at most 1. */
  run(dispatches: readonly Dispatch[], dims: Dims, share = 1): void {
    const { submissionMs } = this.pacer;
    for (const dispatch of dispatches) {
      const seconds = dispatchSeconds(dispatch, share);
      const ms = this.pacer.predict(seconds);
      const whole = dispatch.workgroups(dims);
      // One of two kernels for the same thing has no work for this batch; browsers warn of empty dispatches.
      if (whole.includes(0)) continue;
      this.seconds += seconds;
      if (ms > submissionMs && dispatch.pieces) {
        this.runInPieces(dispatch, whole, ms);
        continue;
      }
      this.makeRoom(ms);
      this.encode(dispatch.pipeline, dispatch.bindGroup, whole);
    }
  }

  private runInPieces({ pieces, pipeline, bindGroup }: Dispatch, whole: Workgroups, ms: number): void {
    const cut = cutGrid(whole, Math.ceil(ms / this.pacer.submissionMs));
    // What was submitted has its ranges: the queue writes later ones behind it.
    if (this.ranges + cut.length > mostRanges) this.cut();
    if (!pieces || cut.length === 1) {
      this.makeRoom(ms);
      this.encode(pipeline, bindGroup, whole);
      return;
    }
    for (const { begin, count } of cut) {
      this.makeRoom(ms / cut.length);
      const offset = this.ranges++ * rangeStride;
      const words = new Uint32Array(rangeWords);
      words.set(begin);
      words.set(whole, 4);
      // In the queue's order: behind the submissions before, which used this place too.
      this.device.queue.writeBuffer(pieces.ranges, offset, words);
      this.encode(pieces.pipeline, pieces.bindGroup, count, [offset]);
    }
  }

  private encode(
    pipeline: GPUComputePipeline,
    bindGroup: GPUBindGroup,
    [x, y, z]: Workgroups,
    offsets: readonly number[] = [],
  ): void {
    this.pass ??= this.current.beginComputePass({ label: this.label });
    if (pipeline !== this.pipeline) this.pass.setPipeline(pipeline);
    this.pipeline = pipeline;
    if (offsets.length > 0) this.pass.setBindGroup(0, bindGroup, offsets);
    else this.pass.setBindGroup(0, bindGroup);
    this.pass.dispatchWorkgroups(x, y, z);
  }

  /** The last submission, still open. */
  finish(): GPUCommandEncoder {
    return this.encoder;
  }

  private makeRoom(ms: number): void {
    if (this.recordedMs > 0 && this.recordedMs + ms > this.pacer.submissionMs) this.cut();
    this.recordedMs += ms;
  }

  private cut(): void {
    this.device.queue.submit([this.encoder.finish()]);
    this.current = this.device.createCommandEncoder({ label: this.label });
    this.recordedMs = 0;
    this.ranges = 0;
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = null;
    this.pipeline = null;
  }
}
