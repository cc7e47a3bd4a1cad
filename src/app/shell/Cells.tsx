import { ChevronRight } from 'lucide-react';
import { Fragment } from 'react';
import { useStore } from 'zustand';
import { plural } from '../../notebook/format.ts';
import { chains, folds, setFolded, staysOpen, type Chain } from '../chains.ts';
import { Button } from '../ui/Button.tsx';
import { CellBoundary } from '../ui/CellBoundary.tsx';

/** All cells, chain after chain; a folded chain is one line. */
export function Cells({ notebookId }: { readonly notebookId: string }) {
  const folded = useStore(folds, (state) => state.folded);
  return chains.map((chain) => {
    const isFolded = folded.has(chain.id);
    const shown = chain.members.filter(({ id }) => !isFolded || staysOpen(id));
    return (
      <Fragment key={chain.id}>
        {shown.map(({ id, title, Component }) => (
          // A different notebook is a different page: nothing typed into the old one carries over.
          <CellBoundary key={`${notebookId}/${id}`} title={title}>
            <Component />
          </CellBoundary>
        ))}
        {isFolded && <FoldedChain chain={chain} />}
      </Fragment>
    );
  });
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
