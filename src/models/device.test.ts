import { describe, expect, it } from 'vitest';
import { reportDevice } from './device.ts';

const environment = { gpu: undefined, hardwareConcurrency: 8, crossOriginIsolated: true };

describe('where a model runs', () => {
  it('auto takes the CPU where there is no WebGPU, and says why', async () => {
    const report = await reportDevice('auto', environment);
    expect(report).toMatchObject({ lowering: 'onnx', name: '8 threads of this CPU', limits: { threads: 8 } });
    expect(report.reason).toMatch(/WebGPU/);
  });

  it('asked for WebGPU by name, it refuses rather than run elsewhere', async () => {
    await expect(reportDevice('webgpu', environment)).rejects.toMatchObject({ code: 'webgpu-missing' });
  });

  it('says so when threads are lost for want of isolation', async () => {
    const report = await reportDevice('onnx', { ...environment, crossOriginIsolated: false });
    expect(report.name).toBe('1 thread of this CPU');
    expect(report.reason).toMatch(/not cross-origin isolated/);
  });
});
