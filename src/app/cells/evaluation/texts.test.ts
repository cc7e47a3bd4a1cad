import { expect, it } from 'vitest';
import { createTexts } from './texts.ts';

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 60));

it('reads rows that come into view together at once, and each once', async () => {
  const asked: number[][] = [];
  const { store, want } = createTexts(async (rows) => {
    asked.push([...rows]);
    return Array.from(rows, (row) => `text ${row}`);
  });
  want('data', [1, 2]);
  want('data', [2, 3]);
  await aMoment();
  want('data', [1, 3]);
  await aMoment();
  expect(asked).toEqual([[1, 2, 3]]);
  expect([...store.getState().byRow]).toEqual([
    [1, 'text 1'],
    [2, 'text 2'],
    [3, 'text 3'],
  ]);
});

it('shows the rows of other data that is opened while some of the old were waited for', async () => {
  const { store, want } = createTexts(async (rows) => Array.from(rows, (row) => `text ${row}`));
  want('old', [1]);
  want('new', [7]);
  await aMoment();
  expect(store.getState()).toEqual({ dataHash: 'new', byRow: new Map([[7, 'text 7']]) });
});

it('says in place of a text why it cannot be read', async () => {
  const { store, want } = createTexts(() => Promise.reject(new Error('moved')));
  want('data', [4]);
  await aMoment();
  expect(store.getState().byRow.get(4)).toContain('moved');
});
