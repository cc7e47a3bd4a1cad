import { Ban, Merge, PencilLine, Pin, X } from 'lucide-react';
import { memo, useMemo, useState } from 'react';
import type { LabelExplorer } from '../../../core/labels/explorer.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { useNotebook, useSession } from '../../hooks.ts';
import { notebook } from '../../runtime.ts';
import { toast } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { SearchField } from '../../ui/fields.tsx';
import { clearEdits, clearRowEdits, mergeLabel, toggleExclude, togglePin, unmergeLabel } from './edits.ts';
import './labels.css';

/** What was pinned, excluded and merged by hand, each with its way back. */
export const LabelEditList = memo(function LabelEditList() {
  // One by one: the threshold beside them moves sixty times a second.
  const pinned = useNotebook(({ parameters }) => parameters.labels.pinned);
  const excluded = useNotebook(({ parameters }) => parameters.labels.excluded);
  const merges = useNotebook(({ parameters }) => parameters.labels.merges);
  const rowEdits = useNotebook(({ parameters }) => parameters.labels.rowEdits);
  const merged = Object.entries(merges);
  const rows = rowEdits?.rows.length ?? 0;
  const dataHash = useSession(({ corpus }) => corpus?.dataHash);
  if (pinned.length + excluded.length + merged.length + rows === 0) return null;
  return (
    <div className="row" role="group" aria-label="Labels changed by hand">
      {pinned.map((label) => (
        <EditChip
          key={`p${label}`}
          icon={Pin}
          text={label}
          what={`Unpin ${label}`}
          onRemove={() => togglePin(label)}
        />
      ))}
      {excluded.map((label) => (
        <EditChip
          key={`e${label}`}
          icon={Ban}
          text={label}
          what={`Stop excluding ${label}`}
          onRemove={() => toggleExclude(label)}
        />
      ))}
      {merged.map(([from, into]) => (
        <EditChip
          key={`m${from}`}
          icon={Merge}
          text={`${from} → ${into}`}
          what={`Undo merging ${from}`}
          onRemove={() => unmergeLabel(from)}
        />
      ))}
      {rows > 0 && (
        <EditChip
          icon={PencilLine}
          text={`${plural(rows, 'corrected row')}${rowEdits?.dataHash === dataHash ? '' : ', of other data'}`}
          what="Take the corrected rows back"
          onRemove={clearRowEdits}
        />
      )}
      <Button variant="quiet" onPress={clearEdits}>
        Clear all
      </Button>
    </div>
  );
});

function EditChip(props: {
  readonly icon: typeof Pin;
  readonly text: string;
  readonly what: string;
  readonly onRemove: () => void;
}) {
  const Icon = props.icon;
  return (
    <span className="edit-chip">
      <Icon size={12} aria-hidden />
      <span>{props.text}</span>
      <button type="button" aria-label={props.what} onClick={props.onRemove}>
        <X size={12} aria-hidden />
      </button>
    </span>
  );
}

const shownTargets = 50;

/** Chooses the label that another one shall count as. */
export function MergeDialog(props: {
  readonly explorer: LabelExplorer;
  readonly from: string | null;
  readonly onClose: () => void;
}) {
  const { explorer, from, onClose } = props;
  return (
    <Dialog title={`Merge “${from ?? ''}” into`} isOpen={from !== null} onClose={onClose} width={480}>
      {from !== null && <MergeTargets explorer={explorer} from={from} onDone={onClose} />}
    </Dialog>
  );
}

function MergeTargets(props: {
  readonly explorer: LabelExplorer;
  readonly from: string;
  readonly onDone: () => void;
}) {
  const { explorer, from, onDone } = props;
  const [query, setQuery] = useState('');
  const targets = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    return Array.from(explorer.frequency.labelIds, (id, i) => ({
      label: explorer.table.labels[id] ?? '',
      count: explorer.frequency.counts[i] ?? 0,
    }))
      .filter(({ label }) => label !== from && label.toLowerCase().includes(wanted))
      .slice(0, shownTargets);
  }, [explorer, from, query]);
  const choose = (into: string) => {
    mergeLabel(from, into);
    onDone();
    toast(`“${from}” counts as “${into}” now.`, { action: { label: 'Undo', run: () => notebook.undo() } });
  };
  return (
    <div className="stack">
      <SearchField label="Search labels" value={query} onChange={setQuery} width={440} />
      <ul className="merge-list">
        {targets.map(({ label, count }) => (
          <li key={label}>
            <button type="button" onClick={() => choose(label)}>
              <span>{label}</span>
              <span className="quiet num">{formatCount(count)}</span>
            </button>
          </li>
        ))}
      </ul>
      {targets.length === 0 && <p className="quiet">No label matches.</p>}
    </div>
  );
}
