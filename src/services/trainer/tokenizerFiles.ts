import { jsonFile } from '../../base/json.ts';
import type { StoredModelFiles } from './runRecord.ts';

/**
 * What each kind of model is fed, where its published tokenizer files leave it to the reader: transformers 5 gives XLNet's token types (2 for
 * `<cls>`) only when they are asked for, and BERT's tokenizer gives DistilBERT types that it does not take.
 */
const inputNames: Readonly<Record<string, readonly string[]>> = {
  xlnet: ['input_ids', 'token_type_ids', 'attention_mask'],
  distilbert: ['input_ids', 'attention_mask'],
};

/** tokenizer_config.json of an export: the run's own, with what its model is fed. */
export function exportedTokenizerConfig({ config, tokenizer }: StoredModelFiles): string {
  const names = inputNames[String(config['model_type'])];
  const own = JSON.parse(tokenizer.tokenizerConfigJson) as Record<string, unknown>;
  if (!names || 'model_input_names' in own) return tokenizer.tokenizerConfigJson;
  return jsonFile({ ...own, model_input_names: names });
}
