import { expect, test } from 'vitest';
import type { PackedBatch } from '../trainable.ts';
import { parseXlnetConfig } from './config.ts';
import { relativeSinusoids, xlnetFeed } from './feed.ts';

const batch: PackedBatch = {
  ids: Int32Array.of(3, 4, 5, 6, 7, 8, 9),
  segments: new Int32Array(7),
  offsets: Uint32Array.of(0, 3, 5, 7),
  targets: null,
};
const options = { width: 4, seed: 0, lossScale: 1, lengthMultiple: 1, clampLength: -1, halfReversed: false };
const sizes = { model_type: 'xlnet', vocab_size: 9, d_model: 8, n_layer: 1, n_head: 2, d_inner: 8 };

test('clamp_len, same_length and bi_data are read, with the defaults of Hugging Face', () => {
  expect(parseXlnetConfig(sizes)).toMatchObject({ clamp_len: -1, same_length: false, bi_data: false });
  const set = { clamp_len: 64, same_length: true, bi_data: true };
  expect(parseXlnetConfig({ ...sizes, ...set })).toMatchObject(set);
});

test('clamp_len gives all farther distances the sinusoids of the farthest that counts', () => {
  const [n, width, clamp] = [6, 4, 2];
  const plain = relativeSinusoids(n, width);
  const clamped = relativeSinusoids(n, width, clamp);
  const row = (table: Float32Array, distance: number) =>
    table.slice((n - distance) * width, (n - distance + 1) * width);
  for (let distance = -n + 1; distance <= n; distance++) {
    expect(row(clamped, distance)).toEqual(row(plain, Math.max(-clamp, Math.min(clamp, distance))));
  }
});

test('under bi_data the second half of the micro-batch counts distances backwards, the middle one does not', () => {
  const flags = (halfReversed: boolean) => {
    const blocks = xlnetFeed(batch, { ...options, halfReversed }).tensors.get('blocks') ?? [];
    return Array.from({ length: blocks.length / 4 }, (_, k) => blocks[4 * k + 3]);
  };
  expect(flags(false)).toEqual([0, 0, 0]);
  expect(flags(true)).toEqual([0, 0, 1]);
});

test('heads that do not divide the model are refused in the configuration', () => {
  for (const wrong of [{ n_head: 5 }, { n_head: 10, d_model: 768 }, { d_head: 3 }])
    expect(() => parseXlnetConfig({ ...sizes, ...wrong })).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        details: { fields: ['d_model', 'n_head', 'd_head'] },
      }),
    );
});
