import type { CellStatus } from '../../notebook/cells.ts';
import { plural } from '../../notebook/format.ts';

/** What waits is said even where the last run of the queue ended well. */
export const waitingStatus = (open: number): CellStatus => ({
  state: 'stale',
  word: 'Waiting',
  why: `${plural(open, 'variant')} to go`,
});
