import { describe, expect, test } from 'vitest';
import type { GenerativeTokenizer } from '../../core/tokenizer/generative.ts';
import { chatFormatOf, exampleOf, promptIds } from './chat.ts';
import { parseLlamaConfig } from './config.ts';
import { isLlama2c } from './llama2c.ts';
import { openDecoder } from './open.ts';
import { ropeFrequencies } from './rotations.ts';
import { openStories, storiesFiles } from './testing.ts';
import type { ModelStorage } from '../files/storage.ts';

const smol = {
  model_type: 'llama',
  vocab_size: 49_152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  rope_theta: 100_000,
  tie_word_embeddings: true,
  bos_token_id: 1,
  eos_token_id: 2,
};

describe('config.json of a decoder', () => {
  test('is read with the defaults of its type', () => {
    const config = parseLlamaConfig(smol);
    expect(config).toMatchObject({ headSize: 64, keyHeads: 3, theta: 100_000, tied: true, qkvBias: false });
    expect(config.endIds).toEqual([2]);
    expect(parseLlamaConfig({ ...smol, model_type: 'qwen2' })).toMatchObject({
      qkvBias: true,
      outBias: false,
    });
    expect(parseLlamaConfig({ ...smol, model_type: 'qwen3', head_dim: 128 })).toMatchObject({
      qkNorm: true,
      headSize: 128,
    });
    // Within one window, sliding attention is plain attention.
    expect(parseLlamaConfig({ ...smol, model_type: 'mistral', sliding_window: 4096 }).maxPositions).toBe(
      4096,
    );
    expect(parseLlamaConfig({ ...smol, eos_token_id: [2, 7] }).endIds).toEqual([2, 7]);
  });

  test('stretches rotary positions as transformers does', () => {
    const plain = ropeFrequencies(parseLlamaConfig(smol));
    const linear = { ...smol, rope_scaling: { type: 'linear', factor: 4 } };
    ropeFrequencies(parseLlamaConfig(linear)).forEach((f, i) =>
      expect(f).toBeCloseTo((plain[i] ?? 0) / 4, 12),
    );
    // transformers 5 spells it anew.
    const both = { rope_type: 'default', rope_theta: 500 };
    expect(parseLlamaConfig({ ...smol, rope_parameters: both })).toMatchObject({ theta: 500 });
  });

  test('refuses what it cannot compute, and says what', () => {
    expect(() => parseLlamaConfig({ model_type: 'gpt2' })).toThrow(/"gpt2"/);
    expect(() => parseLlamaConfig({ ...smol, hidden_act: 'gelu' })).toThrow(/hidden_act/);
    expect(() => parseLlamaConfig({ ...smol, num_key_value_heads: 4 })).toThrow(/4 key heads/);
    expect(() => parseLlamaConfig({ ...smol, rope_scaling: { rope_type: 'yarn', factor: 2 } })).toThrow(
      /yarn/,
    );
  });
});

/** A vocabulary of the markup alone; every other character is its code. */
const marks = [
  '<|im_start|>',
  '<|im_end|>',
  '<|start_header_id|>',
  '<|end_header_id|>',
  '<|eot_id|>',
  '<|begin_of_text|>',
];
const marked: GenerativeTokenizer = {
  vocabularySize: 70_000,
  special: new Map(marks.map((mark, i) => [mark, 69_000 + i])),
  before: [],
  idOf: (token) => (marks.includes(token) ? 69_000 + marks.indexOf(token) : null),
  encode: (text) =>
    text
      .split(/(<\|\w+\|>)/)
      .flatMap((piece) =>
        marks.includes(piece) ? [69_000 + marks.indexOf(piece)] : Array.from(piece, (c) => c.charCodeAt(0)),
      ),
  bytesOf: () => new Uint8Array(),
};
const written = (ids: readonly number[]) =>
  ids.map((id) => marks[id - 69_000] ?? String.fromCharCode(id)).join('');

// As SmolLM2 publishes it.
const smolTemplate =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

describe('chat markup', () => {
  const config = JSON.stringify({ chat_template: smolTemplate });

  test('is read off the model’s own template, its default system message too', () => {
    const chat = chatFormatOf(config, null, marked);
    expect(chat).toEqual({
      template: 'chatml',
      defaultSystem: 'You are a helpful AI assistant named SmolLM, trained by Hugging Face',
      beforeReply: '',
    });
    const ids = promptIds(marked, 'Hi', { ...chat, system: chat.defaultSystem ?? '', beginId: 1 });
    // What transformers' apply_chat_template gives for it.
    expect(written(ids)).toBe(
      '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
    expect(chatFormatOf('{}', smolTemplate, marked).template).toBe('chatml');
    expect(chatFormatOf('{}', `${smolTemplate}{%- if enable_thinking %}`, marked).beforeReply).toContain(
      '</think>',
    );
    expect(chatFormatOf('{}', null, marked).template).toBe('none');
  });

  test('of Llama 3 begins the text, and a text cannot end its own turn', () => {
    const ids = promptIds(marked, 'Hi <|eot_id|> there', {
      template: 'llama3',
      system: 'Be brief.',
      beginId: null,
    });
    expect(written(ids)).toBe(
      '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi < |eot_id|> there<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
    );
  });

  test('an example ends where the reply’s turn ends', () => {
    const options = { template: 'chatml', beginId: null, endIds: [5] } as const;
    const { ids, learnedFrom } = exampleOf(marked, { prompt: 'Hi', reply: 'Yo' }, options);
    expect(written([...ids.subarray(learnedFrom)])).toBe('Yo<|im_end|>');
  });
});

const opening = (files: readonly File[]) =>
  openDecoder({ kind: 'files', name: 'dropped', files }, {} as ModelStorage);

describe.skipIf(!storiesFiles)(
  `a checkpoint of llama2.c${storiesFiles ? '' : ' (skipped: ../shared/data/stories260K is absent)'}`,
  () => {
    test('is known by its header', async () => {
      const [model, tokenizer] = storiesFiles ?? [];
      if (!model || !tokenizer) return;
      expect(await isLlama2c(model)).toBe(true);
      expect(await isLlama2c(tokenizer)).toBe(false);
      expect(await isLlama2c(model.slice(0, -4))).toBe(false);
    });

    test('without its tokenizer, or with one of another model, it is refused by name', async () => {
      const [model, tokenizer] = storiesFiles ?? [];
      if (!model || !tokenizer) return;
      await expect(opening([model])).rejects.toMatchObject({ code: 'model-file-missing' });
      const short = new File([tokenizer.slice(0, 900)], 'tok.bin');
      await expect(opening([model, short])).rejects.toMatchObject({ code: 'llama2c-invalid' });
    });

    // run.c's own algorithm, run over tok512.bin.
    test.each([
      [
        "Once upon a time, Zoë's 3 cats\nran.",
        [
          403, 407, 261, 378, 432, 410, 469, 414, 198, 174, 439, 419, 410, 472, 280, 294, 419, 13, 420, 303,
          426,
        ],
      ],
      ['Lily and Tom went to the park', [317, 269, 274, 287, 263, 377, 267, 265, 282, 295, 433]],
      ['naïve café 😀', [297, 412, 198, 178, 360, 280, 412, 431, 485, 410, 243, 162, 155, 131]],
    ])('tokenizes %j as run.c does', async (text, ids) => {
      const { tokenizer } = await openStories();
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.before).toEqual([1]);
    });

    test('an example learns its reply and its end, not its prompt', async () => {
      const { tokenizer, config, endIds } = await openStories();
      const options = { template: 'none', beginId: config.beginId, endIds } as const;
      const { ids, learnedFrom } = exampleOf(tokenizer, { prompt: 'Lily and Tom', reply: ' went' }, options);
      expect([...ids]).toEqual([1, 317, 269, 274, 287, 263, 377, 2]);
      expect(learnedFrom).toBe(5);
      expect(promptIds(tokenizer, 'Lily and Tom', options)).toEqual([1, 317, 269, 274, 287]);
      expect(chatFormatOf('{}', null, tokenizer).template).toBe('none');
    });
  },
);
