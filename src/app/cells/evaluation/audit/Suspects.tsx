import { Ban, Check, Undo2 } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import {
  describeIssue,
  findMislabelled,
  issueInBrief,
  type SuspectRow,
} from '../../../../core/calibration/mislabelled.ts';
import { CalibrationError } from '../../../../core/calibration/reliability.ts';
import type { RowEdit } from '../../../../core/labels/edits.ts';
import { formatCount, formatNumber, plural } from '../../../../notebook/format.ts';
import { useNotebook, useSession } from '../../../hooks.ts';
import { Button } from '../../../ui/Button.tsx';
import { DataTable, type Column } from '../../../ui/DataTable.tsx';
import { Select } from '../../../ui/fields.tsx';
import { Note } from '../../../ui/panels.tsx';
import { toastError } from '../../../toasts.ts';
import { trainerService } from '../../training/trainer.ts';
import type { LoadedEvaluation } from '../store.ts';
import { textStore, wantTexts } from '../texts.ts';
import { finishedFolds, rowsOfFolds, rowsOfSplit, type HeldOutRows } from './heldOut.ts';
import { clearAllRows, clearRow, editedRows, editRow, openRowEdits, saveRowEdits } from './rowEdits.ts';

interface Suspect {
  readonly row: number;
  readonly suspect: SuspectRow;
  readonly text: string;
  readonly words: string;
  readonly edit: RowEdit | null;
}

/** Rows whose texts are asked for at once. */
const listed = 300;

/** Rows whose given labels the model confidently contradicts, with corrections that lie over the data and can be taken back. */
export function Suspects({ loaded }: { readonly loaded: LoadedEvaluation }) {
  const { model, run, split } = loaded;
  const { dataHash } = run;
  // Read for its changes: which rows are corrected.
  const rowEdits = useNotebook(({ parameters }) => parameters.labels.rowEdits);
  const isOpen = useSession(({ corpus }) => corpus?.dataHash === dataHash);
  const texts = useStore(textStore);
  const experiments = useNotebook((state) => state.experiments);
  const foldRuns = useMemo(() => finishedFolds(experiments, dataHash), [experiments, dataHash]);
  const [source, setSource] = useState<'split' | 'folds'>('split');
  const [folds, setFolds] = useState<HeldOutRows | null>(null);
  const ownRows = useMemo(() => rowsOfSplit(model.evaluation, model.evaluator), [model]);
  const held = source === 'folds' && folds ? folds : ownRows;
  const { labels, rowIds } = held;
  const chooseSource = (wanted: 'split' | 'folds') => {
    setSource(wanted);
    if (wanted === 'split' || !foldRuns) return;
    readFolds(foldRuns).then(setFolds, (error: unknown) => {
      setSource('split');
      toastError(error);
    });
  };
  const report = useMemo(() => findMislabelled(held), [held]);
  const shown = useMemo(() => report.rows.slice(0, listed), [report]);
  useEffect(() => {
    if (isOpen)
      wantTexts(
        dataHash,
        shown.map(({ row }) => rowIds[row] as number),
      );
  }, [isOpen, dataHash, shown, rowIds]);
  const edits = useMemo(
    () => new Map((rowEdits?.dataHash === dataHash ? rowEdits.rows : []).map((edit) => [edit.row, edit])),
    [rowEdits, dataHash],
  );
  const rows = useMemo(
    () =>
      shown.map((suspect): Suspect => {
        const row = rowIds[suspect.row] as number;
        const known = isOpen && texts.dataHash === dataHash ? texts.byRow.get(row) : undefined;
        return {
          row,
          suspect,
          text: known ?? (isOpen ? 'Reading…' : `Row ${row} of data that is not open in this tab`),
          words: suspect.issues.map((issue) => issueInBrief(issue, labels)).join('; '),
          edit: edits.get(row) ?? null,
        };
      }),
    [shown, rowIds, isOpen, texts, dataHash, labels, edits],
  );
  const columns = useMemo(
    (): Column<Suspect>[] => [
      { id: 'row', header: 'Row', value: ({ row }) => row, width: '72px' },
      { id: 'text', header: 'Text', value: ({ text }) => text, width: 'minmax(160px, 3fr)' },
      { id: 'words', header: 'What contradicts', value: ({ words }) => words, width: 'minmax(160px, 3fr)' },
      {
        id: 'margin',
        header: 'Margin',
        value: ({ suspect }) => suspect.margin,
        format: (value) => formatNumber(value, 2),
        width: '72px',
      },
      {
        id: 'edit',
        header: 'Correction',
        value: ({ edit }) => (edit === null ? '' : edit.kind === 'exclude' ? 'excluded' : 'relabelled'),
        width: '96px',
      },
    ],
    [],
  );
  const detail = useCallback(
    (suspect: Suspect) => (
      <SuspectDetail suspect={suspect} labels={labels} dataHash={dataHash} isOpen={isOpen} />
    ),
    [labels, dataHash, isOpen],
  );
  const wrong = report.noise.reduce((sum, noise) => sum + noise.estimatedWrong, 0);
  const missing = report.noise.reduce((sum, noise) => sum + noise.estimatedMissing, 0);
  const count = editedRows(dataHash).length;
  return (
    <div className="stack">
      {split === 'train' && source === 'split' && (
        <Note tone="warn">
          <p>
            The model has trained on these rows and forgives their errors: look at validation or test rows.
          </p>
        </Note>
      )}
      <DataTable
        name="Rows likely mislabelled"
        summary={`${plural(report.rows.length, 'row')}, of ${formatCount(rowIds.length)} that the model did not train on · confident learning estimates ${formatCount(wrong)} wrong and ${formatCount(missing)} missing labels${report.notJudged.length === 0 ? '' : ` · ${plural(report.notJudged.length, 'label')} with too few rows not judged`}`}
        rows={rows}
        columns={columns}
        getKey={({ row }) => row}
        initialSort={{ column: 'margin', direction: 'descending' }}
        searchable
        maxHeight={420}
        rowTone={({ edit }) => (edit ? 'quiet' : undefined)}
        emptyText="No row’s labels are confidently contradicted."
        detail={detail}
        tools={
          <div className="row">
            {foldRuns && (
              <Select
                label="Rows"
                hideLabel
                value={source}
                onChange={chooseSource}
                width={216}
                options={[
                  { value: 'split', label: `The ${split} rows` },
                  {
                    value: 'folds',
                    label: `All rows, ${foldRuns.length} folds`,
                    description: 'Each judged by the fold that held it out.',
                  },
                ]}
              />
            )}
            {isOpen && (
              <Button variant="quiet" onPress={() => void openRowEdits()}>
                Open corrections…
              </Button>
            )}
            {count > 0 && (
              <>
                <span className="small quiet num">{plural(count, 'row')} corrected</span>
                <Button onPress={() => saveRowEdits(dataHash)}>Save corrections</Button>
                <Button variant="quiet" onPress={clearAllRows}>
                  Take all back
                </Button>
              </>
            )}
          </div>
        }
      />
    </div>
  );
}

/** Kept test outputs of every fold. Throws what `rowsOfFolds` throws. */
async function readFolds(runIds: readonly string[]): Promise<HeldOutRows> {
  const kept = await Promise.all(runIds.map((runId) => trainerService().logits(runId, 'test', 'best')));
  const found = kept.filter((logits) => logits !== null);
  if (found.length === kept.length) return rowsOfFolds(found);
  throw new CalibrationError(
    'folds-incomplete',
    `${kept.length - found.length} folds have no kept outputs.`,
    'Run these folds again, or bring their runs back from the bin.',
  );
}

function SuspectDetail(props: {
  readonly suspect: Suspect;
  readonly labels: readonly string[];
  readonly dataHash: string;
  readonly isOpen: boolean;
}) {
  const { suspect, labels, dataHash, isOpen } = props;
  const { row, edit, text } = suspect;
  const { issues } = suspect.suspect;
  const names = (kind: 'missing' | 'wrong') =>
    issues.filter((issue) => issue.kind === kind).map(({ labelId }) => labels[labelId] ?? '');
  const [add, remove] = [names('missing'), names('wrong')];
  const change = [...add.map((label) => `+ ${label}`), ...remove.map((label) => `− ${label}`)].join(', ');
  return (
    <div className="stack">
      <p className="prose">{text}</p>
      <ul className="suspect-issues">
        {issues.map((issue) => (
          <li key={issue.labelId}>{describeIssue(issue, labels)}</li>
        ))}
      </ul>
      <div className="row">
        {edit ? (
          <Button icon={Undo2} onPress={() => clearRow(dataHash, row)}>
            Take the correction back
          </Button>
        ) : (
          <>
            <Button
              icon={Check}
              isDisabled={!isOpen}
              onPress={() => editRow(dataHash, { row, kind: 'relabel', add, remove })}
            >
              Relabel: {change}
            </Button>
            <Button
              icon={Ban}
              isDisabled={!isOpen}
              onPress={() => editRow(dataHash, { row, kind: 'exclude' })}
            >
              Exclude the row
            </Button>
          </>
        )}
        <span className="small quiet">
          {isOpen
            ? 'Lies over the data, which stays as it is. Trained models are then stale.'
            : 'Open the run’s data to correct it.'}
        </span>
      </div>
    </div>
  );
}
