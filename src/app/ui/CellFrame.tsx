import { Camera, ClipboardCopy, Link2, Play, Square } from 'lucide-react';
import { memo, useMemo, useRef, type ReactNode } from 'react';
import { cellIds, isAtWork, upstreamOf, type CellId, type CellStatus } from '../../notebook/cells.ts';
import { formatDateTime, formatDuration } from '../../notebook/format.ts';
import { provenanceText } from '../../notebook/runner.ts';
import { cells } from '../cells/registry.ts';
import { copyText, fileStem, saveFile, copyImage } from '../files.ts';
import { goTo } from '../goTo.ts';
import { useNotebook, useResult, useStatus } from '../hooks.ts';
import { notebook, runner } from '../runtime.ts';
import { toast, toastError } from '../toasts.ts';
import { Button } from './Button.tsx';
import { ActionMenu } from './Menu.tsx';
import type { MenuAction } from './menuAction.ts';
import { CopyLine, ErrorPanel, type PanelAction } from './panels.tsx';
import { StatePill } from './StatePill.tsx';
import { useFocusKept } from './useFocusKept.ts';
import './cell.css';

export interface PrimaryAction {
  /** Says what will happen: `Train on 12,418 rows, ~14 min`. */
  readonly label: string;
  /** Runs the cell, after what it needs, where not given. */
  readonly run?: () => void;
  readonly isDisabled?: boolean;
  /** What it does beyond its label. A disabled button shows none: what it waits for is said by `lacks`. */
  readonly tip?: string;
  /** What has to be there first: the button waits for it, and says so beside it. */
  readonly lacks?: string | null;
}

export interface CellFrameProps {
  readonly cell: CellId;
  readonly title: string;
  readonly purpose: string;
  /** Fields; they stand in one row and wrap. */
  readonly controls?: ReactNode;
  readonly primary?: PrimaryAction | undefined;
  /** Beside the primary button. */
  readonly secondary?: ReactNode;
  /** Further entries of the cell's menu. */
  readonly actions?: readonly MenuAction[];
  /** A button for the error panel, by the error's code. */
  readonly remedy?: (code: string) => PanelAction | undefined;
  /** Replaces what stopping means, for runs that end with a checkpoint. */
  readonly onStop?: () => void;
  /** Replaces the notebook's status, for cells that know more (a paused run). */
  readonly status?: CellStatus;
  /** Outputs: figures, then plot, then table. */
  readonly children?: ReactNode;
}

/** Longest pause between the clicks of a double click, as Windows has it by default, and a little. */
const doubleClickMs = 600;

/** Anatomy of a cell: title and purpose, state, controls, one primary button, error, outputs, provenance. */
export function CellFrame(props: CellFrameProps) {
  const { cell, title, purpose, controls, primary, secondary, children } = props;
  const own = useStatus(cell);
  const result = useResult(cell);
  const status = props.status ?? own;
  const number = cellIds.indexOf(cell) + 1;
  const frame = useRef<HTMLElement>(null);
  const isBusy = isAtWork(status);
  const stop = props.onStop ?? (() => runner.stop(cell));
  // Stop takes the place of what started the work: the second half of a double click is not meant for it.
  // When it was pressed, not when the page came to it: a busy page answers late.
  const presses = useRef<readonly [before: number, last: number]>([
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
  const notePress = ({ timeStamp }: { readonly timeStamp: number }) => {
    presses.current = [presses.current[1], timeStamp];
  };
  const stopUnlessDoubled = () => {
    const [before, last] = presses.current;
    if (last - before > doubleClickMs) stop();
  };

  const { actions: further } = props;
  const actions = useMemo(
    (): MenuAction[] => [
      ...(further ?? []),
      {
        id: 'picture',
        label: 'Save cell as picture',
        icon: Camera,
        run: () =>
          void cellPicture(frame.current).then((png) => saveFile(png, `${fileStem(title)}.png`), toastError),
      },
      {
        id: 'copy-picture',
        label: 'Copy cell as picture',
        icon: ClipboardCopy,
        run: () => void cellPicture(frame.current).then(copyImage).then(toastCopied, toastError),
      },
      {
        id: 'link',
        label: 'Copy link to cell',
        icon: Link2,
        run: () =>
          void copyText(`${location.origin}${location.pathname}#${cell}`).then(toastCopied, toastError),
      },
    ],
    [further, title, cell],
  );

  const focused = useFocusKept(frame);

  return (
    <section
      ref={frame}
      {...focused}
      id={cell}
      className="cell"
      data-cell={cell}
      data-state={status.state}
      aria-labelledby={`${cell}-title`}
    >
      <header className="cell-head">
        <div className="cell-title">
          <span className="cell-number num" aria-hidden>
            {number}
          </span>
          <h2 id={`${cell}-title`}>{title}</h2>
        </div>
        <div className="cell-state">
          <StatePill status={status} onStop={isBusy ? stop : undefined} />
          <ActionMenu label={`${title}: more`} actions={actions} />
        </div>
        <p className="cell-purpose">{purpose}</p>
      </header>
      <StateAnnouncer title={title} status={status} />
      {(controls || primary || secondary) && (
        <div className="cell-controls">
          {controls && <div className="cell-fields">{controls}</div>}
          {(primary || secondary) && (
            <div className="cell-actions" onPointerDownCapture={notePress} onKeyDownCapture={notePress}>
              {primary &&
                (isBusy ? (
                  <Button icon={Square} onPress={stopUnlessDoubled}>
                    Stop
                  </Button>
                ) : (
                  <Button
                    variant="primary"
                    icon={Play}
                    isDisabled={primary.isDisabled || Boolean(primary.lacks)}
                    tip={primary.tip}
                    onPress={primary.run ?? (() => void runner.runThrough(cell))}
                  >
                    {primary.label}
                  </Button>
                ))}
              {secondary}
              {!isBusy && primary?.lacks && <p className="small quiet">{primary.lacks}</p>}
            </div>
          )}
        </div>
      )}
      {status.state === 'failed' && (
        <ErrorPanel
          error={status.error}
          kept={result && `Below: the last good result, of ${formatDateTime(result.provenance.startedAt)}.`}
          action={props.remedy?.(status.error.code) ?? wayOn(cell, primary)}
          onDismiss={() => notebook.dispatch(cell, { kind: 'stop' })}
        />
      )}
      {children && <div className="cell-outputs">{children}</div>}
      <ProvenanceLine cell={cell} />
    </section>
  );
}

/** The button of an error that has none of its own: once more, or to the first cell above that is still to be run. */
function wayOn(cell: CellId, primary: PrimaryAction | undefined): PanelAction | undefined {
  if (primary && !primary.isDisabled && !primary.lacks)
    return { label: 'Try again', run: primary.run ?? (() => void runner.runThrough(cell)) };
  const above = upstreamOf(cell).find((id) => notebook.status(id).state !== 'done');
  const title = cells.find(({ id }) => id === above)?.title;
  return above && title ? { label: `Go to ${title}`, run: () => goTo(above) } : undefined;
}

/** Small type under the outputs: what the numbers were made from. */
export const ProvenanceLine = memo(function ProvenanceLine({ cell }: { readonly cell: CellId }) {
  const result = useResult(cell);
  const hasData = useNotebook((state) => state.results.dataset !== undefined);
  // Cells that rest on no data have provenance all the same.
  if (!result || (!hasData && result.provenance.dataHash !== '')) return null;
  const { dataHash, seed, model, device, version, probabilities, startedAt, durationMs } = result.provenance;
  const parts = [
    dataHash === '' ? null : `data ${dataHash.slice(0, 8)}`,
    seed === null ? null : `seed ${seed}`,
    model,
    device,
    probabilities === undefined ? null : `probabilities ${probabilities}`,
    `Verbena ${version}`,
    formatDateTime(startedAt),
    formatDuration(durationMs),
  ].filter((part) => part !== null);
  return (
    <footer className="cell-provenance">
      <CopyLine text={provenanceText(result.provenance)} what="the provenance">
        {parts.join(' · ')}
      </CopyLine>
    </footer>
  );
});

/** Says changes of state, not every tick of progress. */
function StateAnnouncer({ title, status }: { readonly title: string; readonly status: CellStatus }) {
  const words =
    status.state === 'failed'
      ? `${title} failed: ${status.error.message}`
      : status.state === 'stale'
        ? `${title} is stale: ${status.why}`
        : status.state === 'idle'
          ? ''
          : `${title}: ${status.state === 'done' && status.isStopped ? 'stopped' : status.state}`;
  return (
    <span className="visually-hidden" role="status" aria-live="polite">
      {words}
    </span>
  );
}

/** Paper around the picture, CSS pixels. */
const pictureMargin = 24;

async function cellPicture(element: HTMLElement | null): Promise<Blob> {
  if (!element) throw new Error('The cell is not on the page.');
  const { domToBlob } = await import('modern-screenshot');
  const { height } = element.getBoundingClientRect();
  // Wide plots stand out of the cell.
  const width = element.scrollWidth;
  return domToBlob(element, {
    scale: 2,
    width: width + 2 * pictureMargin,
    height: height + 2 * pictureMargin,
    backgroundColor: getComputedStyle(document.documentElement).backgroundColor,
    style: { padding: `${pictureMargin}px`, margin: '0', borderTop: '0' },
    // What only makes sense on the page: menus, and the number in the margin.
    filter: (node) =>
      !(
        node instanceof HTMLElement &&
        (node.classList.contains('icon-button') || node.classList.contains('cell-number'))
      ),
  });
}

function toastCopied(copied: boolean): void {
  if (copied) toast('Copied.', { tone: 'good' });
  else toast('The browser did not allow copying.', { tone: 'bad' });
}
