import { throwIfAborted } from '../base/progress.ts';
import type { CellId } from '../notebook/cells.ts';
import { DatasetCell } from './cells/dataset/DatasetCell.tsx';
import { runDataset } from './cells/dataset/task.ts';
import { cells, type CellDefinition, type CellModule, type ChainId } from './cells/registry.ts';
import { createChunks, type Chunk } from './chunks.ts';
import { registerTask } from './runtime.ts';

export type ChainModule = Readonly<Partial<Record<CellId, CellModule>>>;

/** Cells come with their chain; the first one comes with the page. */
export const cellChunks = createChunks<ChainId, ChainModule>({
  classification: async () => (await import('./cells/classificationChain.ts')).classificationCells,
  embedding: async () => (await import('./cells/embeddingChain.ts')).embeddingCells,
  incubator: async () => (await import('./cells/incubatorChain.ts')).incubatorCells,
});

const withThePage: ChainModule = { dataset: { Component: DatasetCell, task: runDataset } };

/** A cell's code; undefined while its chain is not here. */
export function moduleIn(chunk: Chunk<ChainModule>, id: CellId): CellModule | undefined {
  return withThePage[id] ?? (chunk.kind === 'here' ? chunk.value[id] : undefined);
}

/** The same, of this moment. */
const moduleNow = ({ id, chain }: CellDefinition): CellModule | undefined =>
  moduleIn(cellChunks.store.getState()[chain], id);

/** Fetches what is not here. Throws `chunk-missing`. */
async function loadCell({ id, chain }: CellDefinition): Promise<CellModule> {
  const module = withThePage[id] ?? (await cellChunks.load(chain))[id];
  if (!module) throw new Error(`No cell ${id} in its chain.`);
  return module;
}

/** Hands every cell's task to the runner. Called once, before the first render. */
export function registerCells(): void {
  for (const cell of cells) {
    const { isLoaded } = cell;
    registerTask(
      cell.id,
      async (context) => {
        const { task } = await loadCell(cell);
        throwIfAborted(context.signal);
        return task(context);
      },
      isLoaded === 'here' ? () => moduleNow(cell)?.isLoaded?.() ?? false : isLoaded,
    );
  }
}

/** Fetches a chain; a failure is shown where its cells stand. */
export const fetchChain = (chain: ChainId): Promise<unknown> => cellChunks.load(chain).catch(() => undefined);
