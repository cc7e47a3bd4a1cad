import { breather } from '../../base/breath.ts';
import { VerbenaError } from '../../base/errors.ts';
import { throwIfAborted } from '../../base/progress.ts';
import { fileNameOf } from '../../notebook/document.ts';
import { saveFile } from '../files.ts';
import { notebook } from '../runtime.ts';
import { allDrawn } from './drawn.ts';
import { runExport, type ExportOptions } from './exportJob.ts';
import { pictureScale } from './scale.ts';

export class PictureError extends VerbenaError<'picture-failed'> {}

/** Only makes sense on a page. */
const leftOut = '.icon-button, .cell-actions, .pill-stop, .toasts';

/** Longer than elsewhere: each breath lets the browser lay out and paint a page that has to be measured again. */
const breathMs = 120;

const isDrawn = (node: Node) => !(node instanceof Element && node.matches(leftOut));

/**
 * The whole notebook as one tall PNG, controls left out of it as far as they only make sense on a page. Elements are copied
 * with breaths in between; the browser then draws the copy in one go. Throws `picture-failed`, `aborted`, `chunk-missing`.
 */
async function notebookPicture(options: ExportOptions): Promise<Blob> {
  const { signal, onProgress, pause } = options;
  const main = document.querySelector('main');
  if (!(main instanceof HTMLElement))
    throw new PictureError(
      'picture-failed',
      'There is no notebook on the page.',
      'Reload the page and try again.',
    );
  await allDrawn(options);
  const { createContext, destroyContext, domToBlob } = await import('modern-screenshot');
  const total = countDrawn(main);
  const breathe = breather(breathMs);
  let done = 0;
  const context = await createContext(main, {
    scale: pictureScale(main.scrollWidth, main.scrollHeight),
    backgroundColor: getComputedStyle(document.documentElement).backgroundColor,
    style: { margin: '0', overflow: 'visible' },
    filter: isDrawn,
    // The library has no signal of its own; what is thrown here ends its work.
    async onCloneEachNode() {
      done = Math.min(done + 1, total);
      throwIfAborted(signal);
      if (done < total) onProgress({ phase: 'Copying', done, total, unit: 'elements' });
      await breathe();
    },
    async onCreateForeignObjectSvg() {
      onProgress({ phase: 'Drawing', done: total, total, unit: 'elements' });
      await pause();
    },
  });
  try {
    context.sandbox = await emptyFrame();
    const blob = await Promise.race([domToBlob(context), aborted(signal)]);
    if (blob) return blob;
  } finally {
    destroyContext(context);
  }
  throw new PictureError(
    'picture-failed',
    'The browser could not draw the whole notebook.',
    'Save single cells as pictures from their menus, or export the report.',
  );
}

/** Saves the tall picture. */
export function savePicture(): Promise<void> {
  return runExport('Picture', async (options) => {
    const stem = fileNameOf(notebook.store.getState().title).replace(/\.verbena\.json$/, '');
    saveFile(await notebookPicture(options), `${stem}.png`);
    return 'Saved the picture.';
  });
}

function countDrawn(root: Element): number {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT, (node) =>
    isDrawn(node) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT,
  );
  let count = 1;
  while (walker.nextNode()) count++;
  return count;
}

/**
 * The frame in which the library looks up how elements look by themselves. It makes its own and uses it before it has loaded,
 * which holds only as long as nothing else runs meanwhile; with breaths the document is gone under its hands.
 */
async function emptyFrame(): Promise<HTMLIFrameElement> {
  const frame = document.createElement('iframe');
  frame.width = '0';
  frame.height = '0';
  frame.style.visibility = 'hidden';
  frame.style.position = 'fixed';
  frame.srcdoc = '<!DOCTYPE html><meta charset="UTF-8"><title></title><body>';
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  document.body.append(frame);
  await loaded;
  return frame;
}

/** Never resolves; throws `aborted`. What the browser draws in one go cannot be called back, but nobody has to wait for it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      try {
        throwIfAborted(signal);
      } catch (error) {
        reject(error);
      }
    });
  });
}
