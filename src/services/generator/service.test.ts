import { expect, it } from 'vitest';
import { nextTask } from '../../base/breath.ts';
import type { HubGeneratorOptions } from './contract.ts';
import type { HubGenerator } from './hub.ts';
import { Generator } from './service.ts';

const asked = (repository: string): HubGeneratorOptions => ({
  repository,
  revision: 'main',
  dtype: 'q4',
  device: 'wasm',
});

/** Opens models that only say who they are, and keeps count of those in memory. */
function models() {
  const open = new Set<string>();
  const service = new Generator(async ({ repository }): Promise<HubGenerator> => {
    // The first one asked for takes longest.
    for (let turn = open.size === 0 && repository === 'first' ? 5 : 1; turn > 0; turn--) await nextTask();
    open.add(repository);
    return {
      info: { name: repository, device: 'CPU', contextTokens: 128, parallel: 1, canConstrain: true },
      countTokens: () => repository.length,
      generate: () => Promise.reject(new Error('not asked')),
      dispose: async () => void open.delete(repository),
    };
  });
  const openHub = (repository: string, signal = new AbortController().signal) =>
    service.openHub(asked(repository), () => undefined, signal);
  return { service, open, openHub };
}

it('has the model that was asked for last, and no other in memory, however long each takes to open', async () => {
  const { service, open, openHub } = models();
  const [first, second] = await Promise.all([openHub('first'), openHub('the second')]);
  expect([first.name, second.name]).toEqual(['first', 'the second']);
  expect([...open]).toEqual(['the second']);
  expect(await service.countHubTokens('')).toBe('the second'.length);
  await service.closeHub();
  expect(open.size).toBe(0);
  await expect(service.countHubTokens('')).rejects.toMatchObject({ code: 'generator-not-open' });
});

it('opens nothing for whoever gave up while another model was opened', async () => {
  const { open, openHub } = models();
  const controller = new AbortController();
  const first = openHub('first');
  const second = openHub('second', controller.signal);
  controller.abort();
  await first;
  await expect(second).rejects.toMatchObject({ code: 'aborted' });
  expect([...open]).toEqual(['first']);
});
