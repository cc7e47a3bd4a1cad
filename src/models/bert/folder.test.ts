import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { classifierArchitecture, longestText } from '../architectures.ts';
import { createTrainableModel, defineModel } from '../create.ts';
import { openModel, openModelTokenizer } from '../files/sources.ts';
import { planSafetensors, writeSafetensors } from '../files/safetensorsWriter.ts';
import { folderStorage } from '../files/testing.ts';
import type { TrainableModel } from '../trainable.ts';
import { variants, type Variant } from './variants.ts';

// Dropped folders from their files to logits: nothing here comes from the hub, so the storage stays empty.
const storage = folderStorage(tmpdir());
const wordPiece = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'bake', 'the', 'cake', '##s', '.'];
const byteLevel = ['<s>', '<pad>', '</s>', '<unk>', 'b', 'a', 'k', 'e', 'ba', 'ke', 'bake', '<mask>'];

const configOf = ({ modelType, fields }: Variant) => ({
  model_type: modelType,
  vocab_size: 12,
  max_position_embeddings: 12,
  [fields.width]: 16,
  [fields.layers]: 1,
  [fields.heads]: 2,
  [fields.inner]: 24,
});

const vocabularyOf = ({ modelType }: Variant): Record<string, string> =>
  modelType === 'roberta'
    ? {
        'vocab.json': JSON.stringify(Object.fromEntries(byteLevel.map((token, id) => [token, id]))),
        'merges.txt': '#version: 0.2\nb a\nk e\nba ke\n',
      }
    : { 'vocab.txt': `${wordPiece.join('\n')}\n` };

/** The file that Verbena would save of a model. */
async function weightsOf(model: TrainableModel): Promise<Blob> {
  const values = new Map<string, Float32Array>();
  for await (const { name, data } of model.readState(['parameter'])) values.set(name, data);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const plan = planSafetensors(model.parameters);
  for await (const part of writeSafetensors(plan, (name) => values.get(name) ?? new Float32Array()))
    parts.push(part);
  return new Blob(parts);
}

const dropped = (files: Readonly<Record<string, BlobPart>>) => ({
  kind: 'files' as const,
  name: 'folder',
  files: Object.entries(files).map(([name, content]) => new File([content], name)),
});

const create = (config: unknown, weights: Parameters<typeof createTrainableModel>[0]['weights']) =>
  createTrainableModel({
    config,
    weights,
    labelCount: 2,
    lowering: { kind: 'onnx', threads: 1 },
    capacity: { tokens: 24, sequences: 4, maxLength: 12 },
    seed: 1,
    dropout: null,
  });

describe.each(variants)('a dropped folder of $modelType', (variant) => {
  const config = configOf(variant);
  const files = { 'config.json': JSON.stringify(config), ...vocabularyOf(variant) };

  it('opens without a tokenizer.json, and its tokens train and come back', async () => {
    const first = await create(config, null);
    const source = dropped({ ...files, 'model.safetensors': await weightsOf(first.model) });
    const opened = await openModel(source, storage);
    const { model, fresh } = await create(opened.config, opened.weights);
    expect(fresh).toEqual([]);
    const tokenizer = loadTokenizer(opened.tokenizer);
    const { ids, typeIds } = tokenizer.encode('bake bake bake bake', opened.tokenizer.maxTokens);
    expect([...typeIds]).toEqual([...model.segmentIds(ids)]);
    const batch = {
      ids,
      segments: typeIds,
      offsets: Uint32Array.of(0, ids.length),
      targets: Float32Array.of(1, 0),
    };
    expect(await model.logits(batch)).toEqual(await first.model.logits(batch));
    first.model.dispose();
    model.dispose();
  });

  it('cuts texts where the positions end', async () => {
    const source = dropped(files);
    const { maxTokens, ...named } = await openModelTokenizer(source, storage);
    expect(maxTokens).toBe(variant.modelType === 'roberta' ? 10 : 12);
    expect(maxTokens).toBe(defineModel(config).maxPositions);
    const { ids, fullLength } = loadTokenizer(named).encode('bake '.repeat(30).trim(), maxTokens);
    expect(ids).toHaveLength(maxTokens ?? 0);
    expect(fullLength).toBeGreaterThanOrEqual(32);
    expect(ids[0]).toBe(variant.modelType === 'roberta' ? 0 : 2);
    expect(ids.at(-1)).toBe(variant.modelType === 'roberta' ? 2 : 3);
  });

  it('names the tokenizer files that are missing or of another model', async () => {
    const open = (parts: Readonly<Record<string, BlobPart>>) => openModelTokenizer(dropped(parts), storage);
    await expect(open({ 'config.json': files['config.json'] })).rejects.toMatchObject({
      code: 'model-file-missing',
      message: expect.stringContaining('no vocab.txt') as string,
    });
    const few = JSON.stringify({ ...config, vocab_size: 5 });
    await expect(open({ ...files, 'config.json': few })).rejects.toMatchObject({
      code: 'tokenizer-vocabulary',
    });
    const unframed = JSON.stringify({
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: null,
      decoder: null,
      model: { type: 'WordPiece', unk_token: 'u', continuing_subword_prefix: '##', vocab: { u: 0, a: 1 } },
    });
    await expect(open({ ...files, 'tokenizer.json': unframed })).rejects.toMatchObject({
      code: 'tokenizer-special-missing',
    });
  });
});

describe('what a config says without its graph', () => {
  it('names transformers’ classes and the longest text', () => {
    expect(
      ['xlnet', ...variants.map(({ modelType }) => modelType), 'gpt2'].map(classifierArchitecture),
    ).toEqual([
      'XLNetForSequenceClassification',
      'BertForSequenceClassification',
      'RobertaForSequenceClassification',
      'ElectraForSequenceClassification',
      'DistilBertForSequenceClassification',
      null,
    ]);
    expect(longestText({ model_type: 'bert' })).toBe(512);
    expect(longestText({ model_type: 'roberta', max_position_embeddings: 514 })).toBe(512);
    expect(longestText({ model_type: 'xlnet' })).toBeNull();
    expect(longestText({ model_type: 'gpt2' })).toBeNull();
  });
});
