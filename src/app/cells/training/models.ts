import { presetOf, weightSize } from '../../../models/presets.ts';
import type { ModelChoice } from '../../../notebook/parameters.ts';

/** True for weights that have read text before: they want a lower learning rate. */
export function isPretrained(model: ModelChoice): boolean {
  return !(model.kind === 'embedded' && model.name === 'verbena-mini');
}

/** Whether a model reads a text segment by segment, as XLNet does; null where its type is not known before it is opened. */
export function isRecurrent(model: ModelChoice): boolean | null {
  if (model.kind === 'embedded') return model.name === 'verbena-mini';
  const preset = model.kind === 'hub' ? presetOf(model.repository) : null;
  return preset ? preset.config['model_type'] === 'xlnet' : null;
}

/** What a click on Train will fetch, and from where; null where nothing leaves the page. */
export function downloadNotice(model: ModelChoice): string | null {
  if (model.kind !== 'hub') return null;
  const preset = presetOf(model.repository);
  const size = preset ? weightSize(preset) : 'of a size that the hub tells';
  return (
    `Training downloads config.json, the tokenizer and the weights (${size}) of ${model.repository} from huggingface.co, ` +
    'once; a copy stays in this browser. Nothing is sent but the request for these files, and nothing before you press the button.'
  );
}
