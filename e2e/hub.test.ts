import { readFileSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import { random } from '../src/base/random.ts';
import { fromNpy } from '../src/core/embedding/npy.ts';
import { promptTemplates } from '../src/core/embedding/prompts.ts';
import { cosine } from '../src/core/embedding/vectors.ts';
import { convertVocabularyText } from '../src/core/tokenizer/bert.ts';
import { exportEncoderOnnx } from '../src/models/exportOnnx.ts';
import { planSafetensors, writeSafetensors } from '../src/models/files/safetensorsWriter.ts';
import { expect, test } from './base.ts';
import { firstCommit, standInForHub, type RepositoryFiles } from './hubStandIn.ts';
import { instructionRows, notebookLink } from './sample.ts';

// A hub repository that stands on this side of the network: a small BERT as ONNX, written by Verbena. The built page, under its
// Content-Security-Policy, fetches it from the hub's address, embeds, and agrees with its own engine on the same weights.

const minute = 60_000;
const repository = 'verbena-tests/tiny-bert';
const width = 32;
const positions = 48;
const lines = instructionRows(60).trim().split('\n');

/** A one-layer BERT with seeded weights and a vocabulary of the rows' words. */
async function tinyBert(seed = 11): Promise<RepositoryFiles> {
  // The prompts' words too: spelled in letters, PIE's would fill every position and leave no room for a text.
  const prompts = promptTemplates.map(({ template }) => template);
  const words = new Set(
    [...lines, ...prompts]
      .join(' ')
      .toLowerCase()
      .match(/[a-z]+/gu) ?? [],
  );
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const vocabulary = [
    ...new Set([
      '[PAD]',
      '[UNK]',
      '[CLS]',
      '[SEP]',
      '[MASK]',
      '.',
      ',',
      ':',
      ...letters,
      ...letters.map((letter) => `##${letter}`),
      ...words,
    ]),
  ];
  const config = {
    architectures: ['BertModel'],
    model_type: 'bert',
    vocab_size: vocabulary.length,
    hidden_size: width,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 48,
    max_position_embeddings: positions,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
    hidden_act: 'gelu',
    pad_token_id: 0,
  };
  const layer = 'encoder.layer.0.';
  const linear = (name: string, outputs: number, inputs: number) => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  const norm = (name: string) =>
    ['weight', 'bias'].map((part) => ({ name: `${name}.LayerNorm.${part}`, shape: [width] }));
  const tensors = [
    { name: 'embeddings.word_embeddings.weight', shape: [vocabulary.length, width] },
    { name: 'embeddings.position_embeddings.weight', shape: [positions, width] },
    { name: 'embeddings.token_type_embeddings.weight', shape: [2, width] },
    ...norm('embeddings'),
    ...['query', 'key', 'value'].flatMap((part) => linear(`${layer}attention.self.${part}`, width, width)),
    ...linear(`${layer}attention.output.dense`, width, width),
    ...norm(`${layer}attention.output`),
    ...linear(`${layer}intermediate.dense`, 48, width),
    ...linear(`${layer}output.dense`, width, 48),
    ...norm(`${layer}output`),
  ];
  const stream = random(seed);
  const data = new Map(
    tensors.map(({ name, shape }) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const draw = name.endsWith('LayerNorm.weight') ? () => 1 : () => 0.2 * stream.normal();
      return [name, Float32Array.from({ length: count }, draw)] as const;
    }),
  );
  const read = (name: string) => data.get(name) ?? new Float32Array(0);
  const { bytes } = await exportEncoderOnnx(config, { tensors, read: async (name) => read(name) });
  const parts: Uint8Array[] = [];
  for await (const part of writeSafetensors(planSafetensors(tensors), read)) parts.push(part);
  const tokenizer = convertVocabularyText(`${vocabulary.join('\n')}\n`, null);
  return new Map([
    ['config.json', Buffer.from(JSON.stringify(config))],
    ['tokenizer.json', Buffer.from(tokenizer.tokenizerJson)],
    ['tokenizer_config.json', Buffer.from(tokenizer.tokenizerConfigJson)],
    ['onnx/model.onnx', Buffer.from(bytes)],
    ['model.safetensors', Buffer.concat(parts)],
  ]);
}

test('a hub model embeds in the page as the engine does with the same weights @both', async ({
  notebook,
  page,
  context,
  watch,
}, info) => {
  test.setTimeout(4 * minute);
  page.setDefaultTimeout(20_000);
  const hub = await tinyBert();
  const asked = await standInForHub(context, new Map([[repository, hub]]));
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, embedder: 'hub', repository },
    })),
  );
  await notebook.drop({ name: 'instructions.jsonl', content: `${lines.join('\n')}\n` });
  await notebook.cell('Data').done(minute);
  const cell = notebook.cell('Embedding');
  const vectors = async () => {
    const download = page.waitForEvent('download');
    await cell.root.getByRole('button', { name: 'Save .npy' }).click();
    return fromNpy(new Uint8Array(readFileSync(await (await download).path())));
  };
  expect(asked, 'asked before anyone embeds').toEqual([]);

  const fromHub = await test.step('its files come from the hub, once', async () => {
    await cell.run(2 * minute);
    const made = await vectors();
    expect([made.count, made.width]).toEqual([60, width]);
    expect(asked).toContain(`/${repository}/resolve/${firstCommit}/onnx/model.onnx`);
    expect(Number(await notebook.figure('Embedding', /tokens/iu))).toBeGreaterThan(30);
    // Texts tell their vectors apart: the prompt does not crowd them out.
    expect(cosine(made, 0, made, 1)).toBeLessThan(0.9999);
    return made;
  });

  await test.step('another prompt takes them from memory', async () => {
    const before = asked.filter((path) => path.endsWith('model.onnx')).length;
    await cell.root.getByRole('button', { name: / prompt$/iu }).click();
    await page.getByRole('option', { name: 'Semantic' }).click();
    await cell.run(minute);
    const semantic = await vectors();
    expect(cosine(semantic, 0, fromHub, 0)).toBeLessThan(0.9999);
    expect(asked.filter((path) => path.endsWith('model.onnx')).length).toBe(before);
    await cell.root.getByRole('button', { name: / prompt$/iu }).click();
    await page.getByRole('option', { name: 'PIE' }).click();
  });

  await test.step('the engine gives the same vectors', async () => {
    const folder = [...hub].filter(([name]) => !name.includes('onnx'));
    await notebook.drop(...folder.map(([name, content]) => ({ name, content })));
    await cell.root.getByRole('button', { name: /embedder/iu }).click();
    await page.getByRole('option', { name: /encoder here/iu }).click();
    await cell.root.getByRole('button', { name: / model$/iu }).click();
    await page.getByRole('option', { name: /dropped folder/iu }).click();
    await cell.run(2 * minute);
    const own = await vectors();
    expect([own.count, own.width]).toEqual([fromHub.count, fromHub.width]);
    for (let row = 0; row < own.count; row++)
      expect(cosine(own, row, fromHub, row), `row ${row}`).toBeGreaterThan(0.99999);
    const largest = own.values.reduce((most, value, i) => {
      return Math.max(most, Math.abs(value - (fromHub.values[i] ?? 0)));
    }, 0);
    expect(largest).toBeLessThan(1e-3);
  });

  await test.step('after a reload they come from the browser’s cache', async () => {
    const weights = () => asked.filter((path) => path.endsWith('model.onnx')).length;
    const before = weights();
    await notebook.saved();
    await page.reload();
    // Before the page is up again nobody takes a file.
    await expect(notebook.cell('Data').pill).toContainText('Stale');
    await notebook.drop({ name: 'instructions.jsonl', content: `${lines.join('\n')}\n` });
    await notebook.cell('Data').done(minute);
    await cell.root.getByRole('button', { name: /embedder/iu }).click();
    await page.getByRole('option', { name: /hub model/iu }).click();
    await cell.root.getByRole('button', { name: / prompt$/iu }).click();
    await page.getByRole('option', { name: 'No template' }).click();
    await cell.run(minute);
    expect((await vectors()).count).toBe(60);
    expect(weights()).toBe(before);
  });

  await cell.root.screenshot({ path: info.outputPath('hub.png') });
  const ofRepository = new RegExp(`^https://huggingface\\.co/(?:api/models/)?${repository}/`, 'u');
  expect(watch.foreign.filter((url) => !ofRepository.test(url))).toEqual([]);
  watch.foreign.length = 0;
});

test('vectors of a hub model are those of the commit that its branch names, and a moved branch makes new ones @cpu', async ({
  notebook,
  page,
  context,
  watch,
}) => {
  test.setTimeout(4 * minute);
  page.setDefaultTimeout(20_000);
  const files = new Map(await tinyBert());
  let commit = firstCommit;
  const asked = await standInForHub(context, new Map([[repository, files]]), () => commit);
  // What an earlier version left of the branch.
  const branch = `https://huggingface.co/${repository}/resolve/main/config.json`;
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, embedder: 'hub', repository },
    })),
  );
  await page.evaluate(async (url) => {
    await (await caches.open('transformers-cache')).put(url, new Response('{}'));
  }, branch);
  await notebook.drop({ name: 'instructions.jsonl', content: `${lines.join('\n')}\n` });
  await notebook.cell('Data').done(minute);
  const cell = notebook.cell('Embedding');
  const vectors = async (prompt: 'PIE' | 'Semantic') => {
    await cell.root.getByRole('button', { name: / prompt$/iu }).click();
    await page.getByRole('option', { name: prompt }).click();
    await cell.run(minute);
    const download = page.waitForEvent('download');
    await cell.root.getByRole('button', { name: 'Save .npy' }).click();
    return fromNpy(new Uint8Array(readFileSync(await (await download).path())));
  };
  const fetched = () => asked.filter((path) => path.endsWith('/onnx/model.onnx'));
  const modelOf = (named: string) => `/${repository}/resolve/${named}/onnx/model.onnx`;
  const first = await vectors('PIE');
  await vectors('Semantic');
  expect(await vectors('PIE')).toEqual(first);
  expect(new Set(fetched())).toEqual(new Set([modelOf(firstCommit)]));

  const second = await test.step('the branch moves to other weights', async () => {
    commit = 'f'.repeat(40);
    for (const [name, content] of await tinyBert(12)) files.set(name, content);
    await vectors('Semantic');
    const made = await vectors('PIE');
    expect(cosine(made, 0, first, 0)).toBeLessThan(0.99);
    expect(fetched().at(-1)).toBe(modelOf(commit));
    const cached = await page.evaluate(async () =>
      (await (await caches.open('transformers-cache')).keys()).map(({ url }) => url),
    );
    expect(cached.filter((url) => !url.includes(`/resolve/${commit}/`))).toEqual([]);
    expect(cached.length).toBeGreaterThan(2);
    return made;
  });

  await test.step('out of the hub’s reach they are those of the commit it named last', async () => {
    await context.unroute('https://huggingface.co/**');
    await context.route('https://huggingface.co/**', (route) => route.abort());
    await vectors('Semantic');
    expect(await vectors('PIE')).toEqual(second);
  });
  expect(watch.errors.filter((error) => !error.includes('net::ERR_FAILED'))).toEqual([]);
  watch.errors.length = 0;
  watch.foreign.length = 0;
});

/** A model2vec folder over the same vocabulary: a vector a token. */
async function tinyStatic(files: RepositoryFiles): Promise<RepositoryFiles> {
  const tokenizerJson = files.get('tokenizer.json')?.toString() ?? '';
  const { model } = JSON.parse(tokenizerJson) as { model: { vocab: Record<string, number> } };
  const tensors = [{ name: 'embeddings', shape: [Object.keys(model.vocab).length, 8] }];
  const stream = random(5);
  const parts: Uint8Array[] = [];
  const values = () =>
    Float32Array.from({ length: Object.keys(model.vocab).length * 8 }, () => stream.normal());
  for await (const part of writeSafetensors(planSafetensors(tensors), values)) parts.push(part);
  return new Map([
    ['config.json', Buffer.from(JSON.stringify({ model_type: 'model2vec', normalize: true }))],
    ['tokenizer.json', Buffer.from(tokenizerJson)],
    ['model.safetensors', Buffer.concat(parts)],
  ]);
}

test('a static embedding, dropped as a folder and fetched from the hub, gives the same vectors @cpu', async ({
  notebook,
  page,
  context,
  watch,
}) => {
  test.setTimeout(2 * minute);
  page.setDefaultTimeout(20_000);
  const hub = await tinyStatic(await tinyBert());
  await standInForHub(context, new Map([[repository, hub]]));
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, embedder: 'static', staticRepository: repository },
    })),
  );
  await notebook.drop({ name: 'instructions.jsonl', content: `${lines.join('\n')}\n` });
  await notebook.cell('Data').done(minute);
  const cell = notebook.cell('Embedding');
  const vectors = async () => {
    const download = page.waitForEvent('download');
    await cell.root.getByRole('button', { name: 'Save .npy' }).click();
    return fromNpy(new Uint8Array(readFileSync(await (await download).path())));
  };
  await cell.run(minute);
  const fetched = await vectors();
  expect([fetched.count, fetched.width]).toEqual([60, 8]);
  expect(Math.hypot(...fetched.values.subarray(0, 8))).toBeCloseTo(1, 5);

  await notebook.drop(...[...hub].map(([name, content]) => ({ name, content })));
  await expect(notebook.toasts.getByText(/static embedding/iu)).toBeVisible();
  await cell.run(minute);
  expect((await vectors()).values).toEqual(fetched.values);

  const parquet = page.waitForEvent('download');
  await cell.root.getByRole('button', { name: 'Save .parquet' }).click();
  const file = readFileSync(await (await parquet).path());
  const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  const [first] = await parquetReadObjects({ file: buffer, rowEnd: 1 });
  expect(first).toMatchObject({
    id: 0,
    text: (JSON.parse(lines[0] ?? '{}') as { instruction: string }).instruction,
  });
  expect((first as { vector: number[] }).vector).toEqual([...fetched.values.subarray(0, 8)]);
  watch.foreign.length = 0;
});

test.describe('where the hub does not answer', () => {
  test.use({ errorsExpected: true });

  test('a repository that is not there is named, with what to do @cpu', async ({
    notebook,
    context,
    watch,
  }) => {
    await standInForHub(context, new Map());
    await notebook.open(
      notebookLink((defaults) => ({
        ...defaults,
        embedding: { ...defaults.embedding, embedder: 'hub', repository },
      })),
    );
    await notebook.drop({ name: 'instructions.jsonl', content: `${lines.join('\n')}\n` });
    await notebook.cell('Data').done(minute);
    const cell = notebook.cell('Embedding');
    await cell.primary.click();
    await expect(cell.root.getByRole('alert')).toContainText(`${repository} could not be found`);
    await expect(cell.root.getByRole('alert')).toContainText('Check its name');
    watch.foreign.length = 0;
  });
});
