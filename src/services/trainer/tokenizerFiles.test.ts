import { expect, it } from 'vitest';
import { exportedTokenizerConfig } from './tokenizerFiles.ts';

// Seen with transformers 5.18: XLNet's tokenizer left the token types out (logits off by 5e-4), and would give DistilBERT's model what it does
// not take.
const configOf = (model_type: string, own: object = {}) =>
  JSON.parse(
    exportedTokenizerConfig({
      config: { model_type },
      tokenizer: {
        name: '',
        tokenizerJson: '{}',
        tokenizerConfigJson: JSON.stringify({ do_lower_case: true, ...own }),
      },
    }),
  ) as unknown;

it('names what a model is fed where its tokenizer files do not', () => {
  expect(configOf('xlnet')).toEqual({
    do_lower_case: true,
    model_input_names: ['input_ids', 'token_type_ids', 'attention_mask'],
  });
  expect(configOf('distilbert')).toMatchObject({ model_input_names: ['input_ids', 'attention_mask'] });
  expect(configOf('bert')).toEqual({ do_lower_case: true });
  expect(configOf('xlnet', { model_input_names: ['input_ids'] })).toMatchObject({
    model_input_names: ['input_ids'],
  });
});
