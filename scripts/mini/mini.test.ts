import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openSafetensors } from '../../src/models/files/safetensors.ts';
import { buildMini, miniTensors } from './mini.ts';

const folder = new URL('../../public/models/verbena-mini/', import.meta.url);

it('verbena-mini is what the script builds, byte for byte', async () => {
  for (const [name, content] of Object.entries(await buildMini())) {
    const committed = readFileSync(new URL(name, folder));
    expect({ name, same: Buffer.from(content).equals(committed) }).toEqual({ name, same: true });
  }
});

it('holds every tensor of its XLNet as f16, drawn as Hugging Face initialises it', async () => {
  const { vocab_size: vocabSize } = JSON.parse(readFileSync(new URL('config.json', folder), 'utf8')) as {
    vocab_size: number;
  };
  const file = await openSafetensors(readFileSync(new URL('model.safetensors', folder)));
  expect(vocabSize).toBe(8000);
  expect(file.tensors.map(({ name }) => name)).toEqual(
    miniTensors(vocabSize)
      .map(({ name }) => name)
      .sort(),
  );
  expect(new Set(file.tensors.map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
  const embedding = await file.read('transformer.word_embedding.weight');
  const square = embedding.reduce((sum, value) => sum + value * value, 0) / embedding.length;
  expect(Math.sqrt(square)).toBeCloseTo(0.08, 3);
  expect(new Set(await file.read('transformer.layer.2.ff.layer_norm.weight'))).toEqual(new Set([1]));
  expect(new Set(await file.read('transformer.layer.3.ff.layer_1.bias'))).toEqual(new Set([0]));
  expect(await file.read('transformer.layer.0.rel_attn.q')).not.toEqual(
    await file.read('transformer.layer.1.rel_attn.q'),
  );
});
