import { expect, it } from 'vitest';
import type { TuningPair } from '../core/incubator/tuningSet/types.ts';
import { createPairArchive } from './tuningPairs.ts';

const pair = (id: string) => ({ id }) as TuningPair;

function archive() {
  const map = new Map<string, unknown>();
  const pairs = createPairArchive({
    get: async (key) => map.get(key),
    set: async (key, value) => void map.set(key, structuredClone(value)),
  });
  const idsOf = async (notebookId: string) => (await pairs.list(notebookId)).map(({ id }) => id);
  return { pairs, idsOf };
}

it('loses no pair to another that is added before it is stored', async () => {
  const { pairs, idsOf } = archive();
  await Promise.all([pairs.add('one', [pair('a')]), pairs.add('one', [pair('b'), pair('a')])]);
  expect(await idsOf('one')).toEqual(['a', 'b']);
});

it('brings a pair back to its place in its own notebook, and keeps what came since', async () => {
  const { pairs, idsOf } = archive();
  await pairs.add('one', [pair('a'), pair('b'), pair('c')]);
  await pairs.add('other', [pair('x')]);
  await pairs.remove('one', 'b');
  await pairs.add('one', [pair('d')]);
  // The notebook that is open by now is another one.
  expect((await pairs.putBack('one', pair('b'), 1)).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  await pairs.putBack('one', pair('b'), 1);
  expect(await idsOf('one')).toEqual(['a', 'b', 'c', 'd']);
  expect(await idsOf('other')).toEqual(['x']);
});
