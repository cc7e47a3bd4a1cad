import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { hubFile, hubRepository, type HubProgress } from './hub.ts';
import { loadTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { zippedStateDict } from './pytorchFixtures.ts';
import { planSafetensors, writeSafetensors } from './safetensorsWriter.ts';
import { openModel, openModelConfig, openModelTokenizer, type ModelSource } from './sources.ts';
import { folderStorage, startHub, type TestHub } from './testing.ts';

const mini = new URL('../../../public/models/verbena-mini/', import.meta.url);
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, mini)));
// Third-party test data beside the repository; its test skips without it.
const spieceAt = new URL('../../../../shared/data/tokenizers/xlnet-base-cased/spiece.model', import.meta.url);

const miniFiles = Object.fromEntries(
  ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'].map((name) => [
    name,
    read(name),
  ]),
);
const big = (() => {
  const stream = random(4);
  return Uint8Array.from({ length: 3_000_000 }, () => stream.integer(256));
})();
/** The state dict of the fixtures as two shards: in the second one its tensors have capital names. */
const pytorchShards = (() => {
  const names = ['whole', 'view', 'transposed', 'half', 'embeddings.position_ids'];
  const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
  const bytes = atob(zippedStateDict);
  const renamed = names.reduce((text, name) => {
    // As a pickle spells a string: its length, then its bytes.
    const spelled = (word: string) => `X${String.fromCharCode(word.length)}\0\0\0${word}`;
    return text.replace(spelled(name), spelled(capital(name)));
  }, bytes);
  const [first, second] = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'] as const;
  const map = names.flatMap((name) => [
    [name, first],
    [capital(name), second],
  ]);
  const latin = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  return {
    'pytorch_model.bin.index.json': latin(JSON.stringify({ weight_map: Object.fromEntries(map) as object })),
    [first]: latin(bytes),
    [second]: latin(renamed),
  };
})();
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const honest = (_: string, bytes: Uint8Array) => ({
  size: bytes.length,
  lfs: { sha256: sha(bytes), size: bytes.length },
});
const source: ModelSource = { kind: 'hub', repository: 'owner/model', revision: 'main' };

let folder = '';
let hub: TestHub;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbena-models-'));
  hub = await startHub({ ...miniFiles, 'big.bin': big }, honest);
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

const options = (more: object = {}) => ({ endpoint: hub.endpoint, retryDelaysMs: [1, 1], ...more });
const downloads = () => hub.requests.filter((line) => line.includes('/resolve/'));
const fetchBig = async (more: object = {}, storage = folderStorage(folder)) =>
  hubFile(await hubRepository('owner/model', 'main', storage, options()), 'big.bin', storage, options(more));
const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

describe('the hub', () => {
  it('opens a model, and opens it again without the network', async () => {
    const storage = folderStorage(folder);
    const model = await openModel(source, storage, options());
    expect(model.name).toBe('owner/model@c0ffee00');
    expect(model.config.vocab_size).toBe(8000);
    expect((await model.weights.read('transformer.mask_emb')).length).toBe(128);
    expect(downloads()).toHaveLength(4);
    await hub.close();
    const offline = await openModel(source, storage, { ...options(), retryDelaysMs: [] });
    expect(offline.tokenizer).toEqual(model.tokenizer);
  });

  it('fetches no weights for a tokenizer or a config', async () => {
    const { config } = await openModelConfig(source, folderStorage(folder), options());
    expect(config).toMatchObject({ model_type: 'xlnet', n_layer: 4 });
    expect(downloads()).toHaveLength(1);
    await openModelTokenizer(source, folderStorage(folder), options());
    expect(hub.requests.join()).not.toContain('model.safetensors');
  });

  it('reports bytes and an estimate, and keeps the file under its checksum', async () => {
    const seen: HubProgress[] = [];
    const blob = await fetchBig({ onProgress: (p: HubProgress) => seen.push(p) });
    expect(sha(await bytesOf(blob))).toBe(sha(big));
    expect(seen.at(-1)).toMatchObject({
      done: big.length,
      total: big.length,
      unit: 'bytes',
      phase: 'big.bin',
    });
  });

  it('continues after a connection that breaks off, within a call', async () => {
    let cuts = 0;
    hub.intercept = (request, response, body) => {
      if (cuts++ >= 2) return false;
      const from = Number(/(\d+)-/.exec(request.headers.range ?? '0-')?.[1]);
      response.writeHead(from ? 206 : 200, { 'content-length': body.length - from });
      response.write(body.subarray(from, from + 400_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    expect(sha(await bytesOf(await fetchBig()))).toBe(sha(big));
    expect(downloads()).toHaveLength(3);
    expect(downloads().at(-1)).toMatch(/bytes=\d{3,}-$/);
  });

  it('continues an aborted download in a later visit', async () => {
    const controller = new AbortController();
    const first = fetchBig({
      signal: controller.signal,
      onProgress: ({ done }: HubProgress) => done > 500_000 && controller.abort(),
    });
    hub.intercept = (_, response, body) => {
      response.write(body.subarray(0, 600_000));
      return true;
    };
    // The first report may come before the threshold: the held-open connection ends with the abort either way.
    setTimeout(() => controller.abort(), 300);
    await expect(first).rejects.toMatchObject({ code: 'aborted' });
    hub.intercept = null;
    expect(sha(await bytesOf(await fetchBig()))).toBe(sha(big));
    expect(downloads().at(-1)).toMatch(/bytes=[1-6]\d{5}-$/);
  });

  it('starts over where a server ignores the range', async () => {
    await hubRepository('owner/model', 'main', folderStorage(folder), options());
    const commit = 'c0ffee'.padEnd(40, '0');
    const storage = folderStorage(folder);
    const partial = await storage.openAppend(`models/hub/owner--model/${commit}/big.bin`);
    await partial.append(big.subarray(0, 1000));
    hub.intercept = (_, response, body) => {
      response.writeHead(200).end(body);
      return true;
    };
    expect(sha(await bytesOf(await fetchBig()))).toBe(sha(big));
  });

  it('names damage, deletes it, and fetches anew', async () => {
    hub.intercept = (_, response, body) => {
      response.end(body.map((byte, i) => (i === 1234 ? byte ^ 1 : byte)));
      return true;
    };
    await expect(fetchBig()).rejects.toMatchObject({
      code: 'checksum-mismatch',
      details: { name: 'big.bin' },
    });
    hub.intercept = null;
    expect(sha(await bytesOf(await fetchBig()))).toBe(sha(big));
  });

  it('checks what the file’s own header announces where the listing knows no hash', async () => {
    await hub.close();
    hub = await startHub({ 'big.bin': big }, (_, bytes) => ({ size: bytes.length }));
    hub.intercept = (_, response, body) => {
      response.setHeader('etag', `"${sha(body.subarray(1))}"`).end(body);
      return true;
    };
    await expect(fetchBig()).rejects.toMatchObject({ code: 'checksum-mismatch' });
    hub.intercept = (_, response, body) => {
      response.setHeader('etag', 'W/"5-abc"').end(body);
      return true;
    };
    expect((await fetchBig()).size).toBe(big.length);
  });

  it('downloads a file once for two that want it at once', async () => {
    const storage = folderStorage(folder);
    const repository = await hubRepository('owner/model', 'main', storage, options());
    const both = await Promise.all([1, 2].map(() => hubFile(repository, 'big.bin', storage, options())));
    expect(both.map(({ size }) => size)).toEqual([big.length, big.length]);
    expect(downloads()).toHaveLength(1);
  });

  it('names what the hub lacks, forbids or cannot serve, and names that are none', async () => {
    const open = (repository: string, revision = 'main', endpoint = hub.endpoint) =>
      openModel({ kind: 'hub', repository, revision }, folderStorage(folder), {
        endpoint,
        retryDelaysMs: [],
      });
    await expect(open('owner/nothing')).rejects.toMatchObject({ code: 'hub-not-found' });
    await expect(open('owner/private')).rejects.toMatchObject({ code: 'hub-forbidden' });
    await expect(open('owner/model', 'main', 'http://127.0.0.1:9')).rejects.toMatchObject({
      code: 'hub-unreachable',
    });
    for (const name of ['', 'a/b/c', '../model', 'owner/../x', 'owner/model?x', 'https://example.org/a'])
      await expect(open(name)).rejects.toMatchObject({ code: 'hub-name' });
    await expect(open('owner/model', '../main')).rejects.toMatchObject({ code: 'hub-name' });
    expect(hub.requests.join()).not.toContain('..');
  });

  it('gives up after its retries, keeping what has arrived', async () => {
    hub.intercept = (_, response) => {
      response.destroy();
      return true;
    };
    await expect(fetchBig()).rejects.toMatchObject({ code: 'hub-unreachable' });
    expect(downloads()).toHaveLength(3);
  });

  it('says beforehand that there is no room', async () => {
    await expect(fetchBig({}, folderStorage(folder, 1000))).rejects.toMatchObject({
      code: 'quota-exceeded',
      details: { needed: big.length, free: 1000 },
    });
    expect(downloads()).toHaveLength(0);
  });

  it('ignores files whose names would leave the model’s folder', async () => {
    await hub.close();
    hub = await startHub({ '../../evil': big, 'config.json': read('config.json') }, honest);
    const repository = await hubRepository('owner/model', 'main', folderStorage(folder), options());
    expect([...repository.files.keys()]).toEqual(['config.json']);
  });
});

describe('a dropped folder', () => {
  const dropped = (files: Readonly<Record<string, Uint8Array | string>>): ModelSource => ({
    kind: 'files',
    name: 'dropped',
    files: Object.entries(files).map(
      ([name, content]) => new File([content as Uint8Array<ArrayBuffer>], name),
    ),
  });
  const open = (files: Readonly<Record<string, Uint8Array | string>>) =>
    openModel(dropped(files), folderStorage(folder));
  const without = (name: string) =>
    Object.fromEntries(Object.entries(miniFiles).filter(([key]) => key !== name));

  it('opens, with files that do not belong left aside', async () => {
    const model = await open({ ...miniFiles, 'optimizer.pt': 'x', 'README.md': 'x' });
    expect(model.weights.tensors).toHaveLength(70);
    expect(JSON.parse(model.tokenizer.tokenizerConfigJson)).toMatchObject({ remove_space: true });
  });

  it.each(['config.json', 'model.safetensors', 'tokenizer.json'])(
    'names %s where it is missing',
    async (name) => {
      await expect(open(without(name))).rejects.toMatchObject({ code: 'model-file-missing' });
    },
  );

  it.each([
    ['config.json', '{', 'model-config'],
    ['config.json', '{"model_type": "xlnet"}', 'model-config'],
    ['config.json', 'null', 'model-config'],
    ['config.json', '{"model_type": "xlnet", "vocab_size": 100}', 'tokenizer-vocabulary'],
    ['tokenizer.json', '<html>', 'tokenizer-not-json'],
    ['tokenizer_config.json', 'nonsense', 'tokenizer-not-json'],
    ['model.safetensors', 'short', 'safetensors-truncated'],
  ])('%s with %j: %s', async (name, content, code) => {
    await expect(open({ ...miniFiles, [name]: content })).rejects.toMatchObject({ code });
  });

  it('joins shards by their index, and names the missing and the lying ones', async () => {
    const shard = async (names: readonly string[]) => {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      const plan = planSafetensors(names.map((name) => ({ name, shape: [2] })));
      for await (const part of writeSafetensors(plan, (name) => Float32Array.of(name.charCodeAt(0), 1)))
        parts.push(part);
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    };
    const index = (map: object) => JSON.stringify({ metadata: {}, weight_map: map });
    const files = {
      ...without('model.safetensors'),
      'model-1.safetensors': await shard(['a', 'b']),
      'model-2.safetensors': await shard(['c']),
    };
    const whole = { a: 'model-1.safetensors', b: 'model-1.safetensors', c: 'model-2.safetensors' };
    const name = 'model.safetensors.index.json';
    const { weights } = await open({ ...files, [name]: index(whole) });
    expect(weights.tensors.map((tensor) => tensor.name)).toEqual(['a', 'b', 'c']);
    expect([...(await weights.read('c'))]).toEqual([99, 1]);
    await expect(weights.read('d')).rejects.toMatchObject({ code: 'shard-index' });
    await expect(
      open({ ...files, [name]: index({ ...whole, d: 'model-3.safetensors' }) }),
    ).rejects.toMatchObject({
      code: 'shard-missing',
      details: { missing: ['model-3.safetensors'] },
    });
    for (const bad of [{ ...whole, c: 'model-1.safetensors' }, { a: whole.a }, { a: '../x.safetensors' }, {}])
      await expect(open({ ...files, [name]: index(bad) })).rejects.toMatchObject({
        code: 'shard-index',
      });
    await expect(open({ ...files, [name]: 'nope' })).rejects.toMatchObject({ code: 'shard-index' });
  });

  it('reads pytorch_model.bin where nothing else is there', async () => {
    const pytorch = Uint8Array.from(atob(zippedStateDict), (char) => char.charCodeAt(0));
    const both = await open({ ...miniFiles, 'pytorch_model.bin': pytorch });
    expect(both.weights.tensors.map(({ name }) => name)).not.toContain('whole');
    const { weights } = await open({ ...without('model.safetensors'), 'pytorch_model.bin': pytorch });
    expect(weights.tensors[0]).toEqual({ name: 'whole', shape: [3, 4] });
    expect([...(await weights.read('half'))]).toEqual([1.5, -2, 0.25]);
    const page = new TextEncoder().encode('<!doctype html>');
    await expect(open({ ...without('model.safetensors'), 'pytorch_model.bin': page })).rejects.toMatchObject({
      code: 'pytorch-invalid',
    });
  });

  it('joins PyTorch’s shards, and reads them only where there is no safetensors', async () => {
    const files = { ...without('model.safetensors'), ...pytorchShards };
    const { weights } = await open({ ...files, 'training_args.bin': 'x' });
    expect(weights.tensors.map(({ name }) => name)).toContain('half');
    expect([...(await weights.read('half'))]).toEqual([1.5, -2, 0.25]);
    expect(await weights.read('Whole')).toEqual(await weights.read('whole'));
    const both = await open({ ...miniFiles, ...pytorchShards });
    expect(both.weights.tensors).toHaveLength(70);
    const { 'pytorch_model-00002-of-00002.bin': _, ...torn } = files;
    await expect(open(torn)).rejects.toMatchObject({
      code: 'shard-missing',
      details: { missing: ['pytorch_model-00002-of-00002.bin'] },
    });
    const damaged = 'pytorch_model-00001-of-00002.bin';
    await expect(open({ ...files, [damaged]: '<!doctype html>' })).rejects.toMatchObject({
      code: 'pytorch-invalid',
      message: expect.stringContaining(damaged) as string,
      details: { file: damaged },
    });
    const name = 'pytorch_model.bin.index.json';
    const elsewhere = JSON.stringify({ weight_map: { a: 'model-1.safetensors' } });
    await expect(open({ ...files, [name]: elsewhere })).rejects.toMatchObject({
      code: 'shard-index',
      message: expect.stringContaining(name) as string,
    });
  });

  it('knows tokens that were added to a vocabulary, where the embedding has rows for them', async () => {
    const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'bake', 'cake'];
    const config = (rows: number) => JSON.stringify({ model_type: 'bert', vocab_size: rows });
    const files = {
      'model.safetensors': miniFiles['model.safetensors'] as Uint8Array,
      'vocab.txt': words.join('\n'),
      'added_tokens.json': '{"<user>": 7}',
      'special_tokens_map.json': '{"additional_special_tokens": ["<user>"], "unk_token": "bake"}',
    };
    const { tokenizer } = await open({ ...files, 'config.json': config(8) });
    const read = loadTokenizer(tokenizer);
    expect([...read.encode('<user> cake what').ids]).toEqual([2, 7, 6, 5, 3]);
    expect(read.decode([7, 6])).toBe('cake');
    await expect(open({ ...files, 'config.json': config(7) })).rejects.toMatchObject({
      code: 'tokenizer-vocabulary',
      details: { tokenizer: 8, model: 7 },
    });
    // Beside a tokenizer.json too, which lists none of it.
    const size = JSON.parse(new TextDecoder().decode(miniFiles['config.json'])) as { vocab_size: number };
    const json = { ...miniFiles, 'added_tokens.json': `{"<user>": ${size.vocab_size}}` };
    await expect(open(json)).rejects.toMatchObject({ code: 'tokenizer-vocabulary' });
    const wider = JSON.stringify({ ...size, vocab_size: size.vocab_size + 1 });
    const more = loadTokenizer((await open({ ...json, 'config.json': wider })).tokenizer);
    expect(more.encode('<user>').ids[0]).toBe(size.vocab_size);
  });

  it.skipIf(!existsSync(spieceAt))('converts spiece.model, and refuses a damaged one', async () => {
    const spiece = new Uint8Array(readFileSync(spieceAt));
    const config = JSON.stringify({ model_type: 'xlnet', vocab_size: 32_000 });
    const files = {
      'config.json': config,
      'model.safetensors': miniFiles['model.safetensors'] as Uint8Array,
    };
    const { tokenizer } = await open({ ...files, 'spiece.model': spiece });
    expect(JSON.parse(tokenizer.tokenizerJson)).toMatchObject({ model: { type: 'Unigram', unk_id: 0 } });
    const uncased = await open({
      ...files,
      'config.json': JSON.stringify({ model_type: 'xlnet', vocab_size: 32_001 }),
      'spiece.model': spiece,
      'tokenizer_config.json': JSON.stringify({
        do_lower_case: true,
        added_tokens_decoder: { 32000: { content: '<user>', special: true } },
      }),
    });
    const [lower, upper] = ['<user>bake', '<user>BAKE'].map(
      (text) => loadTokenizer(uncased.tokenizer).encode(text).ids,
    );
    expect(upper).toEqual(lower);
    expect(lower?.[0]).toBe(32_000);
    for (const bad of [
      spiece.slice(0, 100_001),
      new Uint8Array(),
      new Uint8Array(1000).fill(0xff),
      big.slice(0, 5000),
    ])
      await expect(open({ ...files, 'spiece.model': bad })).rejects.toMatchObject({ code: 'spiece-invalid' });
  });
});

it('joins shards of the hub, and fetches none where one is missing', async () => {
  await hub.close();
  const files = Object.fromEntries(
    Object.entries({ ...miniFiles, ...pytorchShards }).filter(([name]) => name !== 'model.safetensors'),
  );
  hub = await startHub(files, honest);
  const { weights } = await openModel(source, folderStorage(folder), options());
  expect([...(await weights.read('Half'))]).toEqual([1.5, -2, 0.25]);
  await hub.close();
  const { 'pytorch_model-00002-of-00002.bin': _, ...torn } = files;
  hub = await startHub(torn, honest);
  const other = await mkdtemp(join(tmpdir(), 'verbena-models-'));
  await expect(openModel(source, folderStorage(other), options())).rejects.toMatchObject({
    code: 'shard-missing',
    details: { missing: ['pytorch_model-00002-of-00002.bin'] },
  });
  expect(downloads().some((line) => line.includes('-00001-of-'))).toBe(false);
  await rm(other, { recursive: true });
});

it('opens the embedded model from the page’s own server, and names one that is not there', async () => {
  await hub.close();
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    const name = (request.url ?? '').replace('/base/models/verbena-mini/', '');
    const bytes = miniFiles[name];
    // What a development server does: the page for every unknown path.
    if (bytes) response.end(bytes);
    else response.setHeader('content-type', 'text/html').end('<!doctype html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const baseUrl = `http://127.0.0.1:${port}/base/`;
  const open = (name: string) => openModel({ kind: 'embedded', name }, folderStorage(folder), { baseUrl });
  expect((await open('verbena-mini')).config.model_type).toBe('xlnet');
  await expect(open('verbena-nothing')).rejects.toMatchObject({ code: 'model-file-missing' });
  server.closeAllConnections();
  server.close();
  hub = await startHub({}, honest);
});
