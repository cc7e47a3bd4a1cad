import type { ModelChoice } from '../../../notebook/parameters.ts';

/** True for weights that have read text before: they want a lower learning rate. */
export function isPretrained(model: ModelChoice): boolean {
  return !(model.kind === 'embedded' && model.name === 'verbena-mini');
}

/** What a click on Train will fetch, and from where; null where nothing leaves the page. */
export function downloadNotice(model: ModelChoice): string | null {
  if (model.kind !== 'hub') return null;
  const size = model.repository === 'xlnet/xlnet-base-cased' ? 'about 470 MB' : 'its weights';
  return (
    `Training downloads config.json, the tokenizer and model.safetensors (${size}) of ${model.repository} from huggingface.co, ` +
    'once; a copy stays in this browser. Nothing is sent but the request for these files, and nothing before you press the button.'
  );
}
