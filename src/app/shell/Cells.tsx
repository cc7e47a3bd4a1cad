import { ChevronRight } from 'lucide-react';
import { useDeferredValue } from 'react';
import { useStore } from 'zustand';
import { plural } from '../../notebook/format.ts';
import { cellChunks, moduleIn } from '../cellChunks.ts';
import { chains, folds, setFolded, staysOpen, type Chain } from '../chains.ts';
import { Button } from '../ui/Button.tsx';
import { CellBoundary } from '../ui/CellBoundary.tsx';
import { CellPlaceholder } from './CellPlaceholder.tsx';

/** All cells, chain after chain; a folded chain is one line. */
export function Cells({ notebookId }: { readonly notebookId: string }) {
  return chains.map((chain) => <ChainCells key={chain.id} chain={chain} notebookId={notebookId} />);
}

function ChainCells({ chain, notebookId }: { readonly chain: Chain; readonly notebookId: string }) {
  const isFolded = useStore(folds, ({ folded }) => folded.has(chain.id));
  // Many cells at once take a while to draw: the page goes on answering meanwhile.
  const chunk = useDeferredValue(useStore(cellChunks.store, (state) => state[chain.id]));
  const shown = chain.members.filter(({ id }) => !isFolded || staysOpen(id));
  const firstAway = shown.find(({ id }) => !moduleIn(chunk, id));
  return (
    <>
      {shown.map((cell) => {
        const Component = moduleIn(chunk, cell.id)?.Component;
        return (
          // A different notebook is a different page: nothing typed into the old one carries over.
          <CellBoundary key={`${notebookId}/${cell.id}`} title={cell.title}>
            {Component ? (
              <Component />
            ) : (
              <CellPlaceholder cell={cell} chunk={chunk} speaks={cell === firstAway} />
            )}
          </CellBoundary>
        );
      })}
      {isFolded && <FoldedChain chain={chain} />}
    </>
  );
}

function FoldedChain({ chain: { id, name, members } }: { readonly chain: Chain }) {
  const away = members.filter((member) => !staysOpen(member.id));
  return (
    <section className="chain-folded" aria-label={`${name}, folded`}>
      <Button variant="quiet" icon={ChevronRight} onPress={() => setFolded(id, false)}>
        {name}: {plural(away.length, 'cell')} folded away
      </Button>
    </section>
  );
}
