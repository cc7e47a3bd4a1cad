import { linkHash } from '../notebook/link.ts';
import { copyText } from './files.ts';
import { notebook } from './runtime.ts';
import { toast } from './toasts.ts';

/** A link that carries this notebook's parameters. */
export function shareLink(): string {
  const { title, parameters } = notebook.store.getState();
  return `${location.origin}${location.pathname}#${linkHash(title, parameters)}`;
}

export async function copyShareLink(): Promise<void> {
  const copied = await copyText(shareLink());
  toast(
    copied
      ? 'Copied a link with the parameters. Data and results stay here.'
      : 'The browser did not allow copying.',
    {
      tone: copied ? 'good' : 'bad',
    },
  );
}
