import type { ChainId } from '../cells/registry.ts';
import { cellChunks } from '../cellChunks.ts';
import { chains, folds } from '../chains.ts';
import type { ExportOptions } from './exportJob.ts';

/** Cells that have just come fetch what they show: so long without a change, and the page is as it will be. */
const quietMs = 300;
/** Something may move for ever, such as a run's progress. */
const atMostMs = 5000;

/**
 * Resolves when every cell that is not folded away is on the page: whoever reads or pictures the whole page waits for this
 * first. Throws `chunk-missing`, `aborted`.
 */
export async function allDrawn({
  onProgress,
  pause,
}: Pick<ExportOptions, 'onProgress' | 'pause'>): Promise<void> {
  const missing = missingChains();
  if (missing.length === 0 && placeholders() === 0) return;
  onProgress({ phase: 'Loading cells', done: 0, total: missing.length, unit: 'steps' });
  await Promise.all(missing.map((chain) => cellChunks.load(chain)));
  while (placeholders() > 0) await pause();
  await quiet();
  await pause();
}

function missingChains(): readonly ChainId[] {
  const { folded } = folds.getState();
  const now = cellChunks.store.getState();
  return chains.flatMap(({ id }) => (folded.has(id) || now[id].kind === 'here' ? [] : [id]));
}

const placeholders = () => document.querySelectorAll('main [aria-busy="true"]').length;

function quiet(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      clearTimeout(last);
      changes.disconnect();
      resolve();
    };
    let timer = setTimeout(end, quietMs);
    const last = setTimeout(end, atMostMs);
    const changes = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(end, quietMs);
    });
    changes.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}
