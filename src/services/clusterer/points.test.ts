import { expect, it } from 'vitest';
import { pointTurns } from './points.ts';
import { Clusterer } from './service.ts';

const line = (...values: readonly number[]) => ({
  count: values.length,
  width: 1,
  values: Float32Array.from(values),
});
const { signal } = new AbortController();
const nearest = (service: Clusterer) => service.neighbours(null, { k: 1 }, () => undefined, signal);

it('gives each of two callers at once the neighbours among its own points', async () => {
  const service = new Clusterer();
  const withPoints = pointTurns(() => service);
  const [first, second] = await Promise.all([
    withPoints(line(1, 2, 30), signal, nearest),
    withPoints(line(1, 20, 30, 31), signal, nearest),
  ]);
  expect(first.rows).toHaveLength(3);
  expect(second.rows).toHaveLength(4);
});

it('does nothing for whoever gave up while another had the turn', async () => {
  const service = new Clusterer();
  const withPoints = pointTurns(() => service);
  const controller = new AbortController();
  const first = withPoints(line(1, 2, 30), signal, nearest);
  const second = withPoints(line(1, 2), controller.signal, nearest);
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: 'aborted' });
  expect((await first).rows).toHaveLength(3);
});
