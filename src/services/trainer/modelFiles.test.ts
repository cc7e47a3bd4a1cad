import { describe, expect, it } from 'vitest';
import { modelFilesOf } from './droppedFiles.ts';
import { classifierConfig } from './exportModel.ts';

const files = (...names: string[]) => names.map((name) => new File(['x'], name));
const kept = (...names: string[]) =>
  modelFilesOf(files(...names))
    .map(({ name }) => name)
    .sort();

describe('what is kept of a dropped folder', () => {
  const rest = ['optimizer.pt', 'training_args.bin', 'tf_model.h5', 'README.md'];

  it('is the configuration, whichever tokenizer files there are, and the weights', () => {
    for (const tokenizer of [
      ['tokenizer.json', 'tokenizer_config.json'],
      ['spiece.model'],
      ['tokenizer_config.json', 'vocab.txt'],
      ['merges.txt', 'vocab.json'],
      ['added_tokens.json', 'special_tokens_map.json', 'vocab.txt'],
    ])
      expect(kept('config.json', 'model.safetensors', ...tokenizer, ...rest)).toEqual(
        ['config.json', 'model.safetensors', ...tokenizer].sort(),
      );
  });

  it('holds PyTorch’s weights only where there are no others', () => {
    expect(kept('config.json', 'pytorch_model.bin', ...rest)).toEqual(['config.json', 'pytorch_model.bin']);
    expect(kept('model.safetensors', 'pytorch_model.bin')).toEqual(['model.safetensors']);
    const shards = ['model-1.safetensors', 'model-2.safetensors', 'model.safetensors.index.json'];
    expect(kept(...shards, 'pytorch_model.bin')).toEqual(shards);
    const parts = ['pytorch_model-1.bin', 'pytorch_model-2.bin', 'pytorch_model.bin.index.json'];
    expect(kept(...parts, ...rest)).toEqual(parts);
    expect(kept(...parts, ...shards, ...rest)).toEqual(shards);
    expect(kept(...parts, 'pytorch_model.bin')).toEqual(['pytorch_model.bin']);
  });
});

describe('the config of a saved classifier', () => {
  it.each([
    ['xlnet', 'XLNetForSequenceClassification'],
    ['bert', 'BertForSequenceClassification'],
    ['roberta', 'RobertaForSequenceClassification'],
    ['electra', 'ElectraForSequenceClassification'],
    ['distilbert', 'DistilBertForSequenceClassification'],
  ])('of %s names %s, the labels and the kind of problem', (modelType, architecture) => {
    const base = {
      model_type: modelType,
      architectures: ['SomethingForMaskedLM'],
      vocab_size: 10,
      pad_token_id: 1,
    };
    expect(classifierConfig(base, ['a', 'b'])).toEqual({
      ...base,
      architectures: [architecture],
      id2label: { 0: 'a', 1: 'b' },
      label2id: { a: 0, b: 1 },
      problem_type: 'multi_label_classification',
      torch_dtype: 'float32',
    });
  });
});
