import { VerbenaError } from '../../base/errors.ts';
import type { Parameter } from '../../engine/graph/types.ts';

/** LoRA (Hu et al. 2021): W stays as it is, `y = x W (+ b) + (alpha / rank) (drop(x) Aᵀ) Bᵀ` trains A `[rank, in]` and B `[out, rank]`. */
export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Dropout on the input of A, in training. */
  readonly dropout: number;
  /**
   * Ends of published module names, whole parts of the path: `query`, `rel_attn.q`. As PEFT's `target_modules`; empty: the query and
   * value matrices, PEFT's own choice.
   */
  readonly targets: readonly string[];
}

/** What of a model trains. Everything else keeps its values, has no gradient and no moments, and costs no backward work below it. */
export interface TrainedParts {
  /** Parameter groups that stay as they are: `embedding`, `layer.0`, ... */
  readonly frozen: readonly string[];
  /** Trains low-rank updates and the head alone. */
  readonly lora: LoraOptions | null;
}

export const wholeModel: TrainedParts = { frozen: [], lora: null };

/** The group of what belongs to the task: trained beside low-rank updates, as PEFT does for sequence classification. */
export const headGroup = 'head';

export function trains({ frozen, lora }: TrainedParts, { group, adapts }: Parameter): boolean {
  return !frozen.includes(group) && (lora === null || adapts !== undefined || group === headGroup);
}

/** Throws `trained-parts-invalid` where a frozen group or a target matches nothing, or LoRA's numbers are impossible. */
export function assertGroups({ frozen, lora }: TrainedParts, parameters: readonly Parameter[]): void {
  const groups = [...new Set(parameters.map(({ group }) => group))];
  const unknown = frozen.filter((group) => !groups.includes(group));
  if (unknown.length > 0)
    throw invalid(`This model has no parts ${unknown.join(', ')} to freeze.`, `It has ${groups.join(', ')}.`);
  if (lora === null) return;
  const reached = parameters.flatMap(({ adapts }) => (adapts ? [moduleOf(adapts.weight)] : []));
  const missing = lora.targets.filter((target) => !reached.some((module) => matches(module, target)));
  if (missing.length === 0 && reached.length > 0) return;
  const modules = new Set(
    parameters
      .filter(({ role, group }) => role === 'weight' && group.startsWith('layer.'))
      .flatMap(({ parts }) => parts.map(({ name }) => moduleOf(name).replace(/^.*\.layers?\.\d+\./, ''))),
  );
  throw invalid(
    lora.targets.length === 0
      ? 'This model has no query and value matrices by a known name.'
      : `This model has no matrices called ${missing.join(', ')}.`,
    `Choose among ${[...modules].filter((name) => !name.startsWith('base_model')).join(', ')}.`,
  );
}

/** PEFT's name of a factor. */
export function loraName(module: string, factor: 'A' | 'B'): string {
  return `base_model.model.${module}.lora_${factor}.weight`;
}

/** Whether a published name is of a factor. */
export function isLoraTensor(name: string): boolean {
  return /^base_model\.model\..+\.lora_[AB]\.weight$/.test(name);
}

/** The module that owns a published weight; XLNet's attention matrices are bare parameters, hence their own. */
export function moduleOf(weight: string): string {
  return weight.replace(/\.weight$/, '');
}

/** Query and value matrices by the names of the encoders and of Llama's family. */
const usualTargets = ['query', 'value', 'q_lin', 'v_lin', 'rel_attn.q', 'rel_attn.v', 'q_proj', 'v_proj'];

/** Whether a module gets a low-rank update. */
export function isTarget(module: string, { targets }: LoraOptions): boolean {
  return (targets.length > 0 ? targets : usualTargets).some((target) => matches(module, target));
}

function matches(module: string, target: string): boolean {
  return module === target || module.endsWith(`.${target}`);
}

export function assertLora({ rank, alpha, dropout: rate }: LoraOptions): void {
  if (!(Number.isSafeInteger(rank) && rank >= 1))
    throw invalid(`LoRA's rank is ${rank}.`, 'Set a whole number of at least 1; 8 is usual.');
  if (!(Number.isFinite(alpha) && alpha > 0))
    throw invalid(`LoRA's alpha is ${alpha}.`, 'Set a number above 0; twice the rank is usual.');
  if (!(rate >= 0 && rate < 1)) throw invalid(`LoRA's dropout is ${rate}.`, 'Set a share from 0 up to 1.');
}

export function invalid(message: string, remedy: string): VerbenaError {
  return new VerbenaError('trained-parts-invalid', message, remedy);
}
