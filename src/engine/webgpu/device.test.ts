import { describe, expect, it } from 'vitest';
import { nodeGpu, openNodeGpu } from '../testing/nodeGpu.ts';
import { onOwnDevice, type GpuDevice } from './device.ts';

const opened = await openNodeGpu();

describe.skipIf(!opened.gpu)('a device of its own', () => {
  it('goes with what was made on it', async () => {
    const order: string[] = [];
    let own: GpuDevice | undefined;
    const made = await onOwnDevice(await nodeGpu(), async (gpu) => {
      own = gpu;
      return { size: 3, dispose: () => void order.push('model') };
    });
    const lost = own?.device.lost.then(({ reason }) => order.push(reason));
    expect(made.size).toBe(3);
    made.dispose();
    await lost;
    expect(order).toEqual(['model', 'destroyed']);
  });

  it('goes at once where nothing could be made', async () => {
    let own: GpuDevice | undefined;
    const failed = onOwnDevice(await nodeGpu(), async (gpu) => {
      own = gpu;
      throw new Error('no room');
    });
    await expect(failed).rejects.toThrow('no room');
    expect((await own?.device.lost)?.reason).toBe('destroyed');
  });
});
