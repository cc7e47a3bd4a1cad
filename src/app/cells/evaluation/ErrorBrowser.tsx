import { FileDown } from 'lucide-react';
import { memo, useMemo, useState } from 'react';
import type { DecisionThreshold } from '../../../core/metrics/types.ts';
import { formatCount, formatPercent, plural } from '../../../notebook/format.ts';
import { lossMeanings } from '../../../training/describe.ts';
import { useSession } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { Select } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { ErrorList } from './ErrorList.tsx';
import { errorTable, findErrors, saveErrorsCsv, type ErrorKind } from './errors.ts';
import type { EvaluationModel } from './model.ts';

const kinds = [
  { value: 'any', label: 'All mistakes' },
  { value: 'missed', label: 'Missed labels' },
  { value: 'extra', label: 'Wrongly predicted' },
] as const;

/** A report is read, not searched: the worst rows are enough. */
const reportedErrors = 50;

/** Every row the model got wrong, worst first, by label and kind of mistake. */
export const ErrorBrowser = memo(function ErrorBrowser(props: {
  readonly model: EvaluationModel;
  readonly threshold: DecisionThreshold;
  readonly dataHash: string;
}) {
  const { model, threshold, dataHash } = props;
  const { labels } = model.evaluation;
  const [kind, setKind] = useState<ErrorKind>('any');
  const [chosen, setLabel] = useState('');
  const [by, setBy] = useState<'loss' | 'wrong'>('loss');
  const isOpen = useSession(({ corpus }) => corpus?.dataHash === dataHash);
  const labelOptions = useMemo(
    () => [{ value: '', label: 'Any label' }, ...labels.map((label) => ({ value: label, label }))],
    [labels],
  );
  const at = labels.indexOf(chosen);
  const errors = useMemo(
    () => findErrors(model, threshold, kind, at < 0 ? null : at, by),
    [model, threshold, kind, at, by],
  );
  return (
    <Output
      name="Errors"
      summary={`${formatCount(errors.total)} of ${plural(model.evaluator.rows, 'row')} (${formatPercent(errors.total / Math.max(1, model.evaluator.rows))}), worst first`}
      tools={
        <div className="row">
          <Select label="Mistakes" hideLabel value={kind} onChange={setKind} options={kinds} width={156} />
          <Select
            label="Label"
            hideLabel
            value={at < 0 ? '' : chosen}
            onChange={setLabel}
            options={labelOptions}
            width={180}
          />
          <Select
            label="Sorted by"
            hideLabel
            value={by}
            onChange={setBy}
            options={[
              {
                value: 'loss',
                label: `By ${model.lossName}`,
                description: lossMeanings[model.lossName] ?? '',
              },
              { value: 'wrong', label: 'By wrong labels' },
            ]}
            width={164}
          />
        </div>
      }
      exports={{ table: () => errorTable(errors, model, isOpen, reportedErrors) }}
      actions={[
        {
          id: 'csv',
          label: 'Save as CSV',
          icon: FileDown,
          run: () => void saveErrorsCsv(errors, model, isOpen).catch(toastError),
        },
      ]}
    >
      <ErrorList
        name="Rows with errors"
        errors={errors}
        model={model}
        dataHash={dataHash}
        maxHeight={520}
        emptyText={kind === 'any' && at < 0 ? 'No mistakes at this threshold.' : 'No mistakes of this kind.'}
      />
    </Output>
  );
});

/** The mistakes of one label, in place under its row of the audit. */
export const LabelErrors = memo(function LabelErrors(props: {
  readonly model: EvaluationModel;
  readonly threshold: DecisionThreshold;
  readonly label: number;
  readonly dataHash: string;
}) {
  const { model, threshold, label, dataHash } = props;
  const [kind, setKind] = useState<ErrorKind>('any');
  const errors = useMemo(
    () => findErrors(model, threshold, kind, label, 'loss'),
    [model, threshold, kind, label],
  );
  const name = model.evaluation.labels[label] ?? '';
  return (
    <div className="stack">
      <div className="row">
        <Select
          label={`Mistakes with ${name}`}
          hideLabel
          value={kind}
          onChange={setKind}
          options={kinds}
          width={156}
        />
        <span className="small quiet num">
          {plural(errors.total, 'row')}, worst first · the number beside a label is its probability
        </span>
      </div>
      <ErrorList
        name={`Errors with ${name}`}
        errors={errors}
        model={model}
        dataHash={dataHash}
        maxHeight={320}
        emptyText="No mistakes of this kind at this threshold."
      />
    </div>
  );
});
