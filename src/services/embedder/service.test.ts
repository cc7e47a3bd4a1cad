import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { promptTemplates } from '../../core/embedding/prompts.ts';
import { cosine } from '../../core/embedding/vectors.ts';
import { createEncoder } from '../../models/encoder.ts';
import { openModel } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import type { EncoderRequest } from './contract.ts';
import { Embedder, type VectorCache } from './service.ts';

const folder = new URL('../../../public/models/verbena-mini/', import.meta.url);
const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map(
  (name) => new File([readFileSync(new URL(name, folder))], name),
);
const stored = new Map<string, Uint8Array>();
const cache: VectorCache = {
  read: async (hash, kind) => stored.get(`${hash}.${kind}`) ?? null,
  write: async (hash, kind, bytes) => void stored.set(`${hash}.${kind}`, bytes),
};
let made = 0;
let hubCommit: string | null = null;
const revisions: string[] = [];
const service = new Embedder({
  cache,
  open: (source, options) =>
    openModel({ kind: 'files', name: source.kind, files }, {} as ModelStorage, options),
  encoder: async ({ config, weights }, capacity) => {
    made++;
    const encoder = await createEncoder({
      config,
      weights,
      capacity,
      lowering: { kind: 'onnx', threads: 1 },
    });
    return { encoder, device: 'test' };
  },
  hubCommit: async () => hubCommit,
  // A model that says which revision it is.
  async embedWithHub(asked, { revision }) {
    const values = new Float32Array(asked.length).fill(revision.length);
    const tokens = { template: 0, mean: 1, longest: 1, truncated: 0, dropped: '' };
    revisions.push(revision);
    return { vectors: { count: asked.length, width: 1, values }, tokens };
  },
});
const pie = promptTemplates[0].template;
const request: EncoderRequest = {
  source: { kind: 'embedded', name: 'verbena-mini' },
  pooling: 'mean',
  template: pie,
  addPeriod: true,
  maxLength: 128,
  lowering: 'onnx',
};
const texts = [
  'Write a poem about rain',
  'Write a poem about rain.',
  'Solve the equation 3 x + 1 = 4',
  'Bake bread',
];
const quiet = () => undefined;
const { signal } = new AbortController();

describe('the embedder service', () => {
  it('gives each text its vector, whatever batch it was in, and remembers it', async () => {
    const seen: Progress[] = [];
    const whole = await service.encode(texts, request, (progress) => seen.push(progress), signal);
    expect(whole.vectors.count).toBe(4);
    expect(whole.fromCache).toBe(false);
    expect(whole.tokens?.template).toBeGreaterThan(20);
    expect(seen.at(-1)).toMatchObject({ phase: 'embedding', done: 4, total: 4 });
    // A period is added where one is missing: the first two are one prompt.
    expect(cosine(whole.vectors, 0, whole.vectors, 1)).toBeCloseTo(1, 5);
    expect(cosine(whole.vectors, 0, whole.vectors, 2)).toBeLessThan(0.99999);
    const alone = await service.encode(texts.slice(3), request, quiet, signal);
    const { width } = whole.vectors;
    for (let i = 0; i < width; i++)
      expect(alone.vectors.values[i]).toBeCloseTo(whole.vectors.values[3 * width + i] as number, 4);
    const before = made;
    const again = await service.encode(texts, request, quiet, signal);
    expect(again.fromCache).toBe(true);
    expect(again.tokens).toEqual(whole.tokens);
    expect(made).toBe(before);
    expect(again.vectors.values).toEqual(whole.vectors.values);
  });

  it('pools the last token over two layers, and cuts long texts inside the prompt', async () => {
    const long = Array.from({ length: 300 }, () => 'again').join(' ');
    const asked = { ...request, maxLength: 72, pooling: 'last-two-layers' } as const;
    const { vectors, tokens } = await service.encode([`Write ${long}`, 'Write a poem'], asked, quiet, signal);
    expect(vectors.values.every(Number.isFinite)).toBe(true);
    expect(tokens?.truncated).toBe(1);
    expect(tokens?.longest).toBeLessThanOrEqual(72);
  });

  it('leaves a text its room: a prompt that is too long loses words at its beginning, and says which', async () => {
    const twice = pie.replace('With this in mind,', 'What counts is what is to be done. With this in mind,');
    const asked = { ...request, template: twice, maxLength: 64 };
    const { vectors, tokens } = await service.encode(texts, asked, quiet, signal);
    expect(tokens?.dropped).toMatch(/^The essence of an instruction/u);
    expect(twice.startsWith(tokens?.dropped ?? '-')).toBe(true);
    expect(tokens?.longest).toBeLessThanOrEqual(64);
    expect(64 - (tokens?.template ?? 64)).toBeGreaterThanOrEqual(16);
    // The instructions are still there: different texts have different vectors.
    expect(cosine(vectors, 0, vectors, 2)).toBeLessThan(0.99999);
    const roomy = await service.encode(texts, { ...asked, maxLength: 128 }, quiet, signal);
    expect(roomy.tokens?.dropped).toBe('');
    // What follows the text is never cut: where it leaves no room, that is said.
    await expect(service.encode(texts, { ...asked, maxLength: 24 }, quiet, signal)).rejects.toMatchObject({
      code: 'prompt-too-long',
    });
  });

  it('stops, and refuses no texts and templates without a slot', async () => {
    await expect(service.encode([], request, quiet, signal)).rejects.toMatchObject({
      code: 'embedding-empty',
    });
    const broken = { ...request, template: 'no slot' };
    await expect(service.encode(texts, broken, quiet, signal)).rejects.toMatchObject({
      code: 'template-invalid',
    });
    const controller = new AbortController();
    controller.abort();
    await expect(
      service.encode(texts, { ...request, pooling: 'first' }, quiet, controller.signal),
    ).rejects.toMatchObject({ code: 'aborted' });
  });

  it('remembers a hub model’s vectors by the commit that was embedded with, not by its branch', async () => {
    const { source: _, lowering: __, ...common } = request;
    const asked = {
      ...common,
      repository: 'someone/model',
      revision: 'main',
      dtype: 'fp32',
      device: 'wasm',
    } as const;
    const embed = async () => {
      const { fromCache, model } = await service.hub(texts, asked, quiet, signal);
      return [fromCache, model];
    };
    const [first, second] = ['a'.repeat(40), 'b'.repeat(40)];
    hubCommit = first;
    expect(await embed()).toEqual([false, 'someone/model@aaaaaaaa']);
    expect(await embed()).toEqual([true, 'someone/model@aaaaaaaa']);
    hubCommit = second;
    expect(await embed()).toEqual([false, 'someone/model@bbbbbbbb']);
    expect(revisions).toEqual([first, second]);

    // Where nobody can tell, nothing is taken from memory and nothing is put there.
    hubCommit = null;
    const before = stored.size;
    expect([await embed(), await embed()]).toEqual([
      [false, 'someone/model@main'],
      [false, 'someone/model@main'],
    ]);
    expect(stored.size).toBe(before);
  });
});
