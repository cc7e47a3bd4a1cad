import { createStore } from 'zustand/vanilla';
import type { CellId } from '../notebook/cells.ts';
import { cells, type CellDefinition, type ChainId } from './cells/registry.ts';
import { keepSetting, readJsonSetting } from './localSettings.ts';

export interface Chain {
  readonly id: ChainId;
  readonly name: string;
  readonly members: readonly CellDefinition[];
}

const names: Readonly<Record<ChainId, string>> = {
  classification: 'Classification',
  embedding: 'Task embeddings',
  incubator: 'Incubator',
};

/** In the order of the page: whoever came for the one story finds it without the others. */
export const chains: readonly Chain[] = (Object.keys(names) as ChainId[]).map((id) => ({
  id,
  name: names[id],
  members: cells.filter(({ chain }) => chain === id),
}));

/** Cells of a chain that stay when it is folded: every story begins with the data. */
export const staysOpen = (id: CellId): boolean => id === 'dataset';

const foldedKey = 'verbena.folded';

function remembered(): ReadonlySet<ChainId> {
  const read = readJsonSetting(foldedKey);
  return new Set(chains.map(({ id }) => id).filter((id) => Array.isArray(read) && read.includes(id)));
}

/** Chains whose cells are put away in this browser; what they hold is untouched. */
export const folds = createStore<{ readonly folded: ReadonlySet<ChainId> }>(() => ({ folded: remembered() }));

export function setFolded(id: ChainId, isFolded: boolean): void {
  const folded = new Set(folds.getState().folded);
  if (isFolded) folded.add(id);
  else folded.delete(id);
  folds.setState({ folded });
  keepSetting(foldedKey, JSON.stringify([...folded]));
}

/** Brings a cell's chain back where it is folded. */
export function unfoldFor(cell: string): void {
  const chain = chains.find(({ members }) => members.some(({ id }) => id === cell && !staysOpen(id)));
  if (chain && folds.getState().folded.has(chain.id)) setFolded(chain.id, false);
}
