import { Ban, Check, Merge, Minus, Pin } from 'lucide-react';
import { memo, useCallback, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { LabelExplorer } from '../../../core/labels/explorer.ts';
import { formatCount, formatPercent, plural } from '../../../notebook/format.ts';
import { useNotebook } from '../../hooks.ts';
import { notebook } from '../../runtime.ts';
import { IconButton } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { toggleExclude, togglePin } from './edits.ts';
import { exploredStore } from './explored.ts';
import { MergeDialog } from './LabelEdits.tsx';
import './labels.css';

interface LabelRow {
  readonly id: number;
  readonly rank: number;
  readonly label: string;
  readonly count: number;
  readonly share: number;
  readonly force: number;
}

const shownBeside = 10;

const thresholdNow = () => notebook.store.getState().parameters.labels.threshold;

const isKept = ({ count, force }: LabelRow, threshold: number) =>
  force === 1 || (force === 0 && count >= threshold);

/** All labels with their counts; pinned, excluded or merged one by one; co-occurring labels under the row. */
export const LabelListTable = memo(function LabelListTable(props: { readonly explorer: LabelExplorer }) {
  const { explorer } = props;
  const [merging, setMerging] = useState<string | null>(null);
  const rows = useMemo(
    () =>
      Array.from(explorer.frequency.labelIds, (id, i): LabelRow => ({
        id,
        rank: i + 1,
        label: explorer.table.labels[id] ?? '',
        count: explorer.frequency.counts[i] ?? 0,
        share: (explorer.frequency.counts[i] ?? 0) / Math.max(1, explorer.table.rowCount),
        force: explorer.force[id] ?? 0,
      })),
    [explorer],
  );

  // Stable while the slider moves: what depends on the threshold reads it where it is shown.
  const columns = useMemo(
    (): readonly Column<LabelRow>[] => [
      { id: 'rank', header: 'Rank', value: ({ rank }) => rank, width: '64px' },
      { id: 'label', header: 'Label', value: ({ label }) => label, width: 'minmax(180px, 4fr)' },
      { id: 'count', header: 'Records', value: ({ count }) => count, width: '96px' },
      {
        id: 'share',
        header: 'Share',
        value: ({ share }) => share,
        format: (value) => formatPercent(value, 2),
        width: '88px',
      },
      {
        id: 'kept',
        header: 'Kept',
        value: (row) => (isKept(row, thresholdNow()) ? 'yes' : 'no'),
        render: (row) => <KeptMark row={row} />,
        width: '112px',
      },
      {
        id: 'edit',
        header: 'By hand',
        value: () => null,
        isControl: true,
        width: '108px',
        render: ({ label, force }) => (
          <span className="label-actions">
            <IconButton
              icon={Pin}
              label={force === 1 ? 'Unpin' : 'Pin: keep whatever its count'}
              isPressed={force === 1}
              onPress={() => togglePin(label)}
            />
            <IconButton
              icon={Ban}
              label={force === -1 ? 'Stop excluding' : 'Exclude whatever its count'}
              isPressed={force === -1}
              onPress={() => toggleExclude(label)}
            />
            <IconButton icon={Merge} label="Merge into another label" onPress={() => setMerging(label)} />
          </span>
        ),
      },
    ],
    [],
  );

  const detail = useCallback(
    ({ id, label }: LabelRow) => <BesideList explorer={explorer} id={id} label={label} />,
    [explorer],
  );

  return (
    <>
      <DataTable
        name="All labels"
        summary={<KeptSummary rows={rows} />}
        rows={rows}
        columns={columns}
        getKey={({ label }) => label}
        initialSort={{ column: 'rank', direction: 'ascending' }}
        searchable
        maxHeight={400}
        detail={detail}
      />
      <MergeDialog explorer={explorer} from={merging} onClose={() => setMerging(null)} />
    </>
  );
});

function KeptSummary({ rows }: { readonly rows: readonly LabelRow[] }) {
  const kept = useStore(exploredStore, (explored) =>
    explored.kind === 'ready' ? explored.statistics.labelsKept : 0,
  );
  return (
    <>
      {plural(rows.length, 'label')}, {formatCount(kept)} kept
    </>
  );
}

/** Redrawn only when the threshold passes this label's count. */
function KeptMark({ row }: { readonly row: LabelRow }) {
  const kept = useNotebook(({ parameters }) => isKept(row, parameters.labels.threshold));
  if (row.force === 1)
    return (
      <span className="kept-mark">
        <Pin size={14} aria-hidden /> pinned
      </span>
    );
  if (row.force === -1)
    return (
      <span className="kept-mark row-quiet">
        <Ban size={14} aria-hidden /> excluded
      </span>
    );
  return kept ? (
    <span className="kept-mark kept-yes">
      <Check size={14} aria-hidden /> kept
    </span>
  ) : (
    <span className="kept-mark row-quiet">
      <Minus size={14} aria-hidden /> dropped
    </span>
  );
}

/** Labels most often found beside one. */
function BesideList(props: {
  readonly explorer: LabelExplorer;
  readonly id: number;
  readonly label: string;
}) {
  const { explorer, id, label } = props;
  const beside = useMemo(() => explorer.coOccurring(id, shownBeside), [explorer, id]);
  if (beside.length === 0) return <p className="quiet">“{label}” always stands alone.</p>;
  return (
    <div className="stack">
      <p className="small quiet">Labels most often found beside “{label}”</p>
      <ul className="beside">
        {beside.map(({ labelId, count, share }) => (
          <li key={labelId}>
            <span className="beside-name">{explorer.table.labels[labelId]}</span>
            <span className="beside-bar" aria-hidden>
              <span style={{ width: `${share * 100}%` }} />
            </span>
            <span className="num quiet small">
              {formatPercent(share)} · {formatCount(count)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
