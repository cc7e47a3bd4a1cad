import type { TaskOptions } from '../../../base/progress.ts';
import type { ModelChoice } from '../../../notebook/parameters.ts';
import type { TokenizerSource } from '../../../services/text/contract.ts';
import { openedModel } from '../../modelFiles.ts';
import { textService } from '../../services.ts';
import { session } from '../../session.ts';

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
  const source = await textService().openTokenizer(
    openedModel(choice),
    options.onProgress ?? (() => undefined),
    options.signal ?? new AbortController().signal,
  );
  held = { choice, files, source };
  return source;
}
