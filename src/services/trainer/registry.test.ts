import { describe, expect, it } from 'vitest';
import { nextTask } from '../../base/breath.ts';
import { memoryFileStore, once } from '../../training/checkpoints/fileStore.ts';
import { paperDefaults } from '../../training/presets.ts';
import { keepRecord } from './recordKeeper.ts';
import { createRegistry } from './registry.ts';
import { readRecord, writeRecord, type RunRecord } from './runRecord.ts';
import { memoryRunStorage } from './runStorage.ts';

const record: RunRecord = {
  version: 1,
  runId: 'one',
  state: 'running',
  createdAt: '2026-11-22T03:00:00.000Z',
  model: { kind: 'embedded', name: 'bag' },
  modelName: 'bag',
  dataHash: 'da7a',
  seed: 3,
  lowering: 'auto',
  device: null,
  hyperparameters: paperDefaults(100).hyperparameters,
  labels: ['a', 'b'],
  step: 4,
  totalSteps: 24,
  elapsedMs: 10,
  error: null,
};

describe('a run of another tab', () => {
  it('is done, not interrupted, where its owner ended it between the look at it and the lock', async () => {
    const storage = memoryRunStorage();
    const files = storage.files('one');
    await writeRecord(files, record);
    const registry = createRegistry(storage, {
      take: async () => {
        await writeRecord(files, { ...record, state: 'done', step: 24 });
        return () => undefined;
      },
    });
    expect(await registry.record('one')).toMatchObject({ state: 'done', step: 24 });
    expect(await readRecord(files, 'one')).toMatchObject({ state: 'done', step: 24 });
  });

  it('is not cleared away where it was brought back between the look at it and the lock', async () => {
    const storage = memoryRunStorage();
    const files = storage.files('one');
    await files.write('data.safetensors', once('rows'));
    const registry = createRegistry(storage, {
      take: async () => {
        await writeRecord(files, { ...record, state: 'stopped' });
        return () => undefined;
      },
    });
    await registry.summaries();
    expect(await registry.summaries()).toMatchObject([{ runId: 'one', state: 'stopped' }]);
  });
});

it('stores the newest record last, however long an older one takes', async () => {
  const kept = memoryFileStore();
  let writes = 0;
  const files = {
    ...kept,
    async write(name: string, content: AsyncIterable<Uint8Array>) {
      if (writes++ === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      return kept.write(name, content);
    },
  };
  const keeper = keepRecord(files, { record, history: { steps: [], evaluations: [] } });
  keeper.saveSoon({ state: 'preparing' });
  await nextTask();
  await keeper.save({ state: 'running' });
  await keeper.settled();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(await readRecord(kept, 'one')).toMatchObject({ state: 'running' });
});
