import { measureSteps, type CpuBenchOptions } from './steps.ts';

// Runs live in workers, so this one does.
self.onmessage = async ({ data }: MessageEvent<CpuBenchOptions>) => {
  try {
    await measureSteps(data, (...told) => self.postMessage(told));
    self.postMessage(null);
  } catch (error) {
    self.postMessage([`failed: ${String(error)}`, 0, '']);
    self.postMessage(null);
  }
};
