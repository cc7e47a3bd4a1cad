import { VerbenaError } from '../../base/errors.ts';
import { fileNameOf } from '../../notebook/document.ts';
import { saveFile } from '../files.ts';
import { notebook } from '../runtime.ts';
import { toast, toastError } from '../toasts.ts';
import { pictureScale } from './scale.ts';

export class PictureError extends VerbenaError<'picture-failed'> {}

/** The whole notebook as one tall PNG, controls left out of it as far as they only make sense on a page. */
export async function notebookPicture(): Promise<Blob> {
  const main = document.querySelector('main');
  if (!(main instanceof HTMLElement))
    throw new PictureError(
      'picture-failed',
      'There is no notebook on the page.',
      'Reload the page and try again.',
    );
  const { domToBlob } = await import('modern-screenshot');
  const blob = await domToBlob(main, {
    scale: pictureScale(main.scrollWidth, main.scrollHeight),
    backgroundColor: getComputedStyle(document.documentElement).backgroundColor,
    style: { margin: '0', overflow: 'visible' },
    filter: (node) =>
      !(node instanceof Element && node.matches('.icon-button, .cell-actions, .pill-stop, .toasts')),
  });
  if (!blob)
    throw new PictureError(
      'picture-failed',
      'The browser could not draw the whole notebook.',
      'Save single cells as pictures from their menus, or export the report.',
    );
  return blob;
}

/** Saves the tall picture. */
export async function savePicture(): Promise<void> {
  try {
    toast('Drawing the notebook…');
    const stem = fileNameOf(notebook.store.getState().title).replace(/\.verbena\.json$/, '');
    saveFile(await notebookPicture(), `${stem}.png`);
    toast('Saved the picture.', { tone: 'good' });
  } catch (error) {
    toastError(error);
  }
}
