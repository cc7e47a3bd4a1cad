import { VerbenaError } from '../../../base/errors.ts';
import type { TaskOptions } from '../../../base/progress.ts';
import type { ModelChoice } from '../../../notebook/parameters.ts';
import type { TokenizerSource } from '../../../services/text/contract.ts';
import { textService } from '../../services.ts';
import { session } from '../../session.ts';

export class TokenizerFilesError extends VerbenaError<'model-folder-missing'> {}

let held: {
  readonly choice: ModelChoice;
  readonly files: readonly File[] | null;
  readonly source: TokenizerSource;
} | null = null;

/**
 * The tokenizer of a model: from the page's own server, from the hub (only now, at the user's wish), or from a dropped
 * folder. Kept until another is asked for. Throws `model-folder-missing` and what the text service throws.
 */
export async function loadTokenizer(
  choice: ModelChoice,
  options: TaskOptions = {},
): Promise<TokenizerSource> {
  const files = choice.kind === 'files' ? session.getState().modelFiles : null;
  if (held?.choice === choice && held.files === files) return held.source;
  if (choice.kind === 'files' && !files)
    throw new TokenizerFilesError(
      'model-folder-missing',
      `The folder “${choice.name}” is not open in this tab.`,
      'Drop the model folder onto the page again, or choose another model.',
    );
  const source = await textService().openTokenizer(
    choice.kind === 'files' ? { ...choice, files: files ?? [] } : choice,
    options.onProgress ?? (() => undefined),
    options.signal ?? new AbortController().signal,
  );
  held = { choice, files, source };
  return source;
}
