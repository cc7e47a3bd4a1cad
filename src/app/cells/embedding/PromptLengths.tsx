import { useState } from 'react';
import { applyPrompt, promptTemplates } from '../../../core/embedding/prompts.ts';
import { plural } from '../../../notebook/format.ts';
import type { EmbeddingParameters } from '../../../notebook/parameters.ts';
import { textService } from '../../services.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { loadTokenizer } from '../text/tokenizers.ts';
import { embeddingStore, templateOf } from './store.ts';

interface Length {
  readonly id: string;
  readonly name: string;
  readonly tokens: number;
}

/**
 * What each prompt costs in tokens, special tokens included, before a text stands in it. Asked for by a press: a hub model's tokenizer is
 * a download.
 */
export function PromptLengths({ parameters }: { readonly parameters: EmbeddingParameters }) {
  const { embedder, model, prompt, maxLength } = parameters;
  const [shown, setShown] = useState<{ readonly key: string; readonly lengths: readonly Length[] } | null>(
    null,
  );
  const key = JSON.stringify([embedder, model, parameters.ownTemplate]);
  // A hub embedder's tokenizer lives in its worker: what the last run counted is what there is.
  const lastRun = embeddingStore.getState().embedding;
  if (embedder !== 'encoder') {
    const counted = lastRun?.tokens?.template;
    return counted === undefined ? null : (
      <p className="small quiet num">{plural(counted, 'token')} of the last run’s prompt.</p>
    );
  }
  const count = async () => {
    const tokenizer = await loadTokenizer(model);
    const lengths: Length[] = [];
    const own = { ...templateOf({ ...parameters, prompt: 'own' }), id: 'own' };
    for (const template of [...promptTemplates, own]) {
      const { ids } = await textService().tokenize(applyPrompt(template, '', false), tokenizer);
      lengths.push({ id: template.id, name: template.name, tokens: ids.length });
    }
    setShown({ key, lengths });
  };
  if (shown?.key !== key)
    return (
      <Button variant="quiet" onPress={() => void count().catch(toastError)}>
        Count the prompts’ tokens
      </Button>
    );
  return (
    <SimpleTable
      caption="Length of each prompt in tokens"
      header={['Prompt', 'Tokens', 'Left for the text']}
      rows={shown.lengths.map(({ id, name, tokens }) => ({
        key: id,
        cells: [name, tokens, Math.max(0, maxLength - tokens)],
        isStrong: id === prompt,
      }))}
    />
  );
}
