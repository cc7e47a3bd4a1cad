import { useCallback, useMemo } from 'react';
import { variantAt, withoutVariant, withState } from '../../../notebook/experiments/list.ts';
import type { LiveVariant } from '../../../notebook/experiments/queue.ts';
import type { Experiment, Variant, VariantResult } from '../../../notebook/experiments/types.ts';
import {
  formatCount,
  formatDuration,
  formatDateTime,
  formatNumber,
  formatPercent,
  formatShort,
  plural,
} from '../../../notebook/format.ts';
import { notebook } from '../../runtime.ts';
import { toast } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { CopyLine } from '../../ui/panels.tsx';
import { trainingSession } from '../training/trainer.ts';
import { resultOf, scoresUnder, type Decision } from './model.ts';
import { experimentQueue, forgetReferences } from './store.ts';

const stateWords: Readonly<Record<Variant['state']['kind'], string>> = {
  pending: 'waits',
  started: 'cut off',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
};

/** One row a variant, from the first moment: what it scored, beside what models score that do not read. */
export function VariantTable(props: {
  readonly experiment: Experiment;
  readonly decision: Decision;
  readonly live: LiveVariant | null;
}) {
  const { experiment, decision, live } = props;
  const liveId = live?.variantId ?? null;
  const columns = useMemo((): Column<Variant>[] => {
    const score = (
      id: string,
      header: string,
      of: (result: VariantResult) => number | null,
      format: (value: number) => string = formatNumber,
      width = '76px',
    ): Column<Variant> => ({
      id,
      header,
      value: (variant) => {
        const result = resultOf(variant);
        return result && of(result);
      },
      format,
      width,
      isNumber: true,
    });
    const under = (result: VariantResult) => scoresUnder(result, decision);
    return [
      { id: 'variant', header: 'Variant', value: ({ name }) => name, width: 'minmax(160px, 2fr)' },
      {
        id: 'state',
        header: 'State',
        value: ({ id, state }) => (id === liveId ? 'running' : stateWords[state.kind]),
        width: '66px',
      },
      score('labels', 'Labels', ({ labels }) => labels, formatCount, '58px'),
      score('rows', 'Rows', ({ rows }) => rows.judged, formatCount, '56px'),
      score('microF1', 'Micro-F1', (result) => under(result).microF1),
      score('macroF1', 'Macro-F1', (result) => under(result).macroF1),
      score('subset', 'Subset', (result) => under(result).subsetAccuracy, formatNumber, '64px'),
      // What an encoding costs stands where others are read beside predicting nothing.
      ...(experiment.template === 'encodings'
        ? [
            score('parameters', 'Params', ({ cost }) => cost?.parameters ?? null, formatShort, '70px'),
            score(
              'contradicted',
              'Contradict',
              ({ cost }) => (cost && cost.checked > 0 ? cost.contradicted / cost.checked : null),
              formatPercent,
              '84px',
            ),
          ]
        : [
            score('accuracy', 'Label-wise', (result) => under(result).labelAccuracy, formatNumber, '84px'),
            score('nothing', 'Nothing', (result) => result.allZero.labelAccuracy, formatNumber, '70px'),
          ]),
      score('took', 'Took', ({ durationMs }) => durationMs, formatDuration, '80px'),
    ];
  }, [decision, liveId, experiment.template]);
  const detail = useCallback(
    (variant: Variant) => (
      <VariantDetail experiment={experiment} variant={variant} isLive={variant.id === liveId} />
    ),
    [experiment, liveId],
  );
  return (
    <DataTable
      name={`${experiment.title}: variants`}
      summary={`${decisionWords(experiment, decision)}; ${columnWords(experiment)} · a row opens where it came from`}
      rows={experiment.variants}
      columns={columns}
      getKey={({ id }) => id}
      detail={detail}
      rowTone={rowTone}
      maxHeight={440}
    />
  );
}

function columnWords({ template }: Experiment): string {
  return template === 'encodings'
    ? '“Contradict” is the share of cells more probable than a label above theirs'
    : '“Nothing” is the label-wise accuracy of predicting no label at all';
}

function decisionWords({ template }: Experiment, decision: Decision): string {
  if (decision === 'tuned') return 'Decided at the threshold that is best on validation rows';
  return template === 'picking' ? 'Decided as each variant picks' : 'Decided at 0.5';
}

const rowTone = ({ state }: Variant) =>
  state.kind === 'failed' ? ('warn' as const) : state.kind === 'skipped' ? ('quiet' as const) : undefined;

function VariantDetail(props: {
  readonly experiment: Experiment;
  readonly variant: Variant;
  readonly isLive: boolean;
}) {
  const { experiment, variant, isLive } = props;
  const { state } = variant;
  const place = { experimentId: experiment.id, variantId: variant.id };
  const runId =
    state.kind === 'done'
      ? state.result.runId
      : state.kind === 'started' || state.kind === 'failed'
        ? state.runId
        : null;
  const setState = (next: Variant['state']) =>
    notebook.editExperiments((list) => withState(list, place, next));
  return (
    <div className="stack">
      {state.kind === 'done' && <ResultLine result={state.result} />}
      {state.kind === 'failed' && (
        <p className="small">
          <strong>{state.error.message}</strong> {state.error.remedy}
        </p>
      )}
      {state.kind === 'skipped' && <p className="small">{state.why}</p>}
      <p className="small quiet mono variant-patch">
        {JSON.stringify(variant.patch)}
        {variant.fold && ` fold ${variant.fold.index + 1} of ${variant.fold.of}`}
      </p>
      <div className="row">
        {variant.kind === 'network' && runId !== null && (
          <Button onPress={() => trainingSession().show(runId)} tip="In the Training cell">
            Show curves
          </Button>
        )}
        {(state.kind === 'failed' || state.kind === 'skipped') && (
          <Button
            tip="It waits again; press Continue to run it."
            onPress={() => void experimentQueue().retry(place)}
          >
            {state.kind === 'failed' ? 'Try again' : 'Put back'}
          </Button>
        )}
        {!isLive && (state.kind === 'pending' || state.kind === 'started') && (
          <Button onPress={() => void setState({ kind: 'skipped', why: 'Skipped.' })}>Skip</Button>
        )}
        <Button
          isDisabled={isLive}
          tip="Takes it out of this experiment; its run is kept in the Training cell."
          onPress={() => removeVariant(experiment, variant)}
        >
          Remove
        </Button>
      </div>
    </div>
  );
}

function removeVariant(experiment: Experiment, variant: Variant): void {
  const place = { experimentId: experiment.id, variantId: variant.id };
  const at = experiment.variants.indexOf(variant);
  if (!notebook.editExperiments((list) => withoutVariant(list, place))) return;
  const remember = forgetReferences([variant]);
  const putBack = () => {
    remember();
    return notebook.editExperiments((list) =>
      variantAt(list, place)
        ? list
        : list.map((one) =>
            one.id === experiment.id ? { ...one, variants: one.variants.toSpliced(at, 0, variant) } : one,
          ),
    );
  };
  toast(`Removed “${variant.name}”.`, { action: { label: 'Undo', run: () => void putBack() } });
}

/** Numbers trained, their bytes, and how far the outputs contradict the labels' hierarchy. */
function costWords({ cost }: VariantResult): string[] {
  if (!cost) return [];
  const { parameters, addedParameters, edges, checked, contradicted, predictedAlone } = cost;
  return [
    `${formatShort(parameters)} parameters (${formatShort(4 * parameters)}B)`,
    ...(addedParameters === 0 ? [] : [`${formatCount(addedParameters)} of them for the encoding`]),
    ...(edges === 0
      ? []
      : [
          `${formatCount(contradicted)} of ${formatCount(checked)} cells more probable than a parent, ${formatCount(predictedAlone)} predicted without it`,
        ]),
  ];
}

/** Where a variant's numbers came from, to paste beside them. */
function ResultLine({ result }: { readonly result: VariantResult }) {
  const { runId, modelName, device, seed, dataHash, version, startedAt, step, totalSteps, rows, tuned } =
    result;
  const words = [
    runId,
    modelName,
    device,
    seed === null ? null : `seed ${seed}`,
    totalSteps > 0 ? `step ${formatCount(step)} of ${formatCount(totalSteps)}` : null,
    result.tokensPerSecond === null ? null : `${formatShort(result.tokensPerSecond)} tokens/s`,
    rows.train === null ? null : plural(rows.train, 'training row'),
    plural(rows.judged, `${result.judged} row`),
    ...costWords(result),
    tuned ? `best threshold ${formatNumber(tuned.threshold, 2)}` : null,
    `data ${dataHash.slice(0, 8)}`,
    `Verbena ${version}`,
    formatDateTime(startedAt),
  ].filter((word) => word !== null);
  return <CopyLine text={words.join(' · ')} what="where it came from" />;
}
