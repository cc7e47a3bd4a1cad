import { useEffect, useRef } from 'react';
import { cellIds } from '../../notebook/cells.ts';
import { fetchChain, type ChainModule } from '../cellChunks.ts';
import { heightOf } from '../cellHeights.ts';
import type { CellDefinition, ChainId } from '../cells/registry.ts';
import type { Chunk } from '../chunks.ts';
import { useStatus } from '../hooks.ts';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/panels.tsx';

/** How far below the window a chain is fetched. */
const ahead = '0px 0px 100% 0px';

/** Stands where a cell will stand, as high as it, and has it fetched once it is near. */
export function CellPlaceholder(props: {
  readonly cell: CellDefinition;
  readonly chunk: Chunk<ChainModule>;
  /** Says at length what went wrong: once a chain is enough. */
  readonly speaks: boolean;
}) {
  const { chunk, speaks } = props;
  const { id, title, chain } = props.cell;
  const { state } = useStatus(id);
  const frame = useRef<HTMLElement>(null);
  useFetchNear(frame, chain);
  const again = () => void fetchChain(chain);
  return (
    <section
      ref={frame}
      id={id}
      className="cell"
      data-cell={id}
      data-state={state}
      aria-labelledby={`${id}-title`}
      aria-busy={chunk.kind !== 'failed'}
      style={{ minHeight: heightOf(id) }}
    >
      <header className="cell-head">
        <div className="cell-title">
          <span className="cell-number num" aria-hidden>
            {cellIds.indexOf(id) + 1}
          </span>
          <h2 id={`${id}-title`}>{title}</h2>
        </div>
      </header>
      {chunk.kind === 'failed' &&
        (speaks ? (
          <ErrorPanel error={chunk.error} action={{ label: 'Try again', run: again }} />
        ) : (
          <div className="row">
            <span className="quiet">Could not be loaded.</span>
            <Button onPress={again}>Try again</Button>
          </div>
        ))}
    </section>
  );
}

function useFetchNear(frame: { readonly current: HTMLElement | null }, chain: ChainId): void {
  useEffect(() => {
    if (!frame.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        void fetchChain(chain);
      },
      { rootMargin: ahead },
    );
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [frame, chain]);
}
