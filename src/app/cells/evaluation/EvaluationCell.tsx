import { BookOpenCheck } from 'lucide-react';
import { memo, startTransition, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { bestGlobalThreshold, thresholdCurve } from '../../../core/metrics/tuning.ts';
import { diagnose } from '../../../core/metrics/warnings.ts';
import type { EvaluationReport } from '../../../core/metrics/types.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { poolingWords } from '../../../training/describe.ts';
import { formatCount, formatDuration, formatMinute, formatNumber, plural } from '../../../notebook/format.ts';
import { useNotebook, useParameters, useSession } from '../../hooks.ts';
import { notebook, runner } from '../../runtime.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Select } from '../../ui/fields.tsx';
import { SliderField } from '../../ui/SliderField.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { EmptyState, ErrorPanel, Note } from '../../ui/panels.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import type { EvaluationParameters } from '../../../notebook/parameters.ts';
import { trainingSession } from '../training/trainer.ts';
import { AuditViews } from './audit/AuditViews.tsx';
import { AuditTable } from './AuditTable.tsx';
import { ConfusionPlot } from './ConfusionPlot.tsx';
import { PrecisionRecallPlot, ThresholdPlot } from './Curves.tsx';
import { ErrorBrowser } from './ErrorBrowser.tsx';
import { followNotebook } from './follow.ts';
import { MetricsTable } from './MetricsTable.tsx';
import { thresholdInForce, type MetricColumn } from './model.ts';
import {
  evaluationStore,
  referenceBlocked,
  runReference,
  stopReference,
  type LoadedEvaluation,
  type LoadedReference,
} from './store.ts';
import { warm } from './warm.ts';
import './evaluation.css';

const splitWords = { train: 'training', validation: 'validation', test: 'test' } as const;

/** What the model gets right and wrong, at any decision threshold, beside models that do not read. */
export function EvaluationCell() {
  const { loaded, reference, problem } = useStore(evaluationStore);
  const hasRun = useStore(trainingSession().store, ({ runs }) => hasEvaluations(runs));
  const split = useNotebook(({ parameters }) => parameters.evaluation.split);
  useEffect(() => followNotebook(), []);
  return (
    <CellFrame
      cell="evaluation"
      title="Evaluation"
      purpose="Reads the outputs that the run kept, so that the decision threshold can be moved after training; every score stands beside what a model scores that predicts nothing, or only knows how frequent labels are."
      controls={<Controls loaded={loaded} />}
      primary={{
        label: `Evaluate on the ${splitWords[split]} rows`,
        run: () => void runner.run('evaluation'),
        lacks: hasRun ? null : 'Train a model in the Training cell first.',
        tip: 'Outputs were kept while the model trained: this takes no forward pass.',
      }}
      secondary={<ReferenceControl loaded={loaded} reference={reference} />}
    >
      {problem && (
        <Note tone="warn">
          <p>
            <strong>{problem.message}</strong> {problem.remedy}
          </p>
        </Note>
      )}
      {loaded ? <Evidence key={loaded.run.runId} loaded={loaded} reference={reference} /> : <NothingYet />}
    </CellFrame>
  );
}

function hasEvaluations(runs: readonly RunSummary[] | null): boolean {
  return runs?.some(({ evaluations }) => evaluations.length > 0) ?? false;
}

const change = (patch: Partial<EvaluationParameters>) => notebook.setParameters('evaluation', patch);

const setThreshold = (threshold: number) =>
  change({ threshold: Number(threshold.toFixed(2)), decision: 'global' });

function Controls({ loaded }: { readonly loaded: LoadedEvaluation | null }) {
  return (
    <>
      <Choices loaded={loaded} />
      <ThresholdControl loaded={loaded} />
    </>
  );
}

/** Which outputs are looked at. Apart from the slider, which moves sixty times a second. */
function Choices({ loaded }: { readonly loaded: LoadedEvaluation | null }) {
  const split = useNotebook(({ parameters }) => parameters.evaluation.split);
  const which = useNotebook(({ parameters }) => parameters.evaluation.which);
  const decision = useNotebook(({ parameters }) => parameters.evaluation.decision);
  const runs = useStore(trainingSession().store, (state) => state.runs);
  const evaluated = runs?.filter(({ evaluations }) => evaluations.length > 0) ?? [];
  const tuned = loaded?.tuned ?? null;
  return (
    <>
      {evaluated.length > 0 && (
        <Select
          label="Run"
          value={loaded?.run.runId ?? evaluated[0]?.runId ?? ''}
          onChange={(chosenRunId) => evaluationStore.setState({ chosenRunId })}
          width={272}
          options={evaluated.map((run) => ({
            value: run.runId,
            label: `${formatMinute(run.createdAt)} · ${run.modelName}`,
            description: `step ${formatCount(run.step)} of ${formatCount(run.totalSteps)}, ${run.state}`,
          }))}
        />
      )}
      <Select
        label="Rows"
        value={split}
        onChange={(split) => change({ split })}
        options={[
          { value: 'test', label: 'Test' },
          { value: 'validation', label: 'Validation', description: 'Seen when the best step was chosen.' },
          { value: 'train', label: 'Training', description: 'To see how much was memorised.' },
        ]}
      />
      <Select
        label="Weights"
        value={which}
        onChange={(which) => change({ which })}
        options={[
          { value: 'best', label: 'Best', description: 'The step with the best validation score.' },
          { value: 'last', label: 'Last' },
        ]}
      />
      <Select
        label="Decision"
        value={decision === 'global' || !tuned ? 'global' : 'per-label'}
        onChange={(decision) => change({ decision })}
        width={184}
        options={[
          { value: 'global', label: 'One threshold' },
          {
            value: 'per-label',
            label: 'Per label',
            description: tuned ? 'Tuned for F1 on the validation rows.' : 'Needs kept validation outputs.',
            isDisabled: loaded !== null && !tuned,
          },
        ]}
      />
    </>
  );
}

const paperThreshold = { value: 0.5, text: '0.5' };
const twoDecimals = { minimumFractionDigits: 2, maximumFractionDigits: 2 };

function ThresholdControl({ loaded }: { readonly loaded: LoadedEvaluation | null }) {
  const [{ threshold, decision }] = useParameters('evaluation');
  const isGlobal = decision === 'global' || !loaded?.tuned;
  const validation = loaded?.validation ?? null;
  const best = useMemo(
    () => (validation ? Number(bestGlobalThreshold(thresholdCurve(validation)).toFixed(2)) : null),
    [validation],
  );
  return (
    <div className="threshold-row">
      <SliderField
        label="Decision threshold"
        value={threshold}
        onChange={setThreshold}
        min={0.01}
        max={0.99}
        step={0.01}
        paper={paperThreshold}
        format={twoDecimals}
      />
      {best !== null && (
        <BestThreshold best={best} isInForce={isGlobal && Math.abs(best - threshold) < 0.005} />
      )}
    </div>
  );
}

const BestThreshold = memo(function BestThreshold(props: {
  readonly best: number;
  readonly isInForce: boolean;
}) {
  const { best, isInForce } = props;
  return (
    <Button
      variant="quiet"
      tip="The one threshold with the highest micro-F1 on the validation rows: chosen there, so that the test rows stay unseen."
      isDisabled={isInForce}
      onPress={() => setThreshold(best)}
    >
      Use {formatNumber(best, 2)}, best on validation
    </Button>
  );
});

function ReferenceControl(props: {
  readonly loaded: LoadedEvaluation | null;
  readonly reference: LoadedReference | null;
}) {
  const { loaded, reference } = props;
  const running = useStore(evaluationStore, (state) => state.referenceRun);
  // Read for its changes: what blocks the reference depends on what is open in this tab.
  useSession((state) => state.corpus);
  useSession((state) => state.selection);
  useSession((state) => state.split);
  if (!loaded) return null;
  if (running)
    return (
      <>
        <span className="small quiet">TF-IDF reference</span>
        <ProgressPill progress={running.progress} etaMs={running.etaMs} onStop={stopReference} />
      </>
    );
  const blocked = referenceBlocked(loaded);
  return (
    <>
      <Button
        isDisabled={blocked !== null}
        tip={blocked ?? 'TF-IDF and one logistic regression a label, on the same rows.'}
        onPress={() => void runReference()}
      >
        {reference ? 'Run the reference again' : `Run the reference, ${referenceEstimate(loaded)}`}
      </Button>
      {reference && (
        <span className="small quiet num">
          TF-IDF with {plural(reference.vocabularySize, 'term')}, fitted in{' '}
          {formatDuration(reference.elapsedMs)}
        </span>
      )}
    </>
  );
}

/** About 20 µs a training row and label, as measured on two cores. */
function referenceEstimate({ model, run, split }: LoadedEvaluation): string {
  const rows = model.evaluator.rows * (split === 'train' ? 1 : 9);
  const seconds = Math.max(2, Math.round((rows * run.labels.length * 2e-5) / 2) * 2);
  return `~${seconds} s`;
}

/** A value once it has not changed for a moment. */
function useSettled<T>(value: T, quietMs: number): T {
  const [settled, setSettled] = useState<{ readonly value: T }>({ value });
  useEffect(() => {
    // In slices: the slider may be taken up again while what follows it is drawn.
    const timer = setTimeout(() => startTransition(() => setSettled({ value })), quietMs);
    return () => clearTimeout(timer);
  }, [value, quietMs]);
  return settled.value;
}

function NothingYet() {
  return (
    <EmptyState icon={BookOpenCheck} title="Nothing to evaluate yet">
      <p>
        A trained run goes in. Out come all scores with their baselines, an audit of every label, which labels
        are taken for which, and the texts the model got wrong. The decision threshold can be moved
        afterwards: outputs are kept, not decisions.
      </p>
    </EmptyState>
  );
}

function Evidence(props: { readonly loaded: LoadedEvaluation; readonly reference: LoadedReference | null }) {
  const { loaded, reference } = props;
  const { model, tuned, train, run } = loaded;
  const [{ decision, threshold }] = useParameters('evaluation');
  const referenceError = useStore(evaluationStore, (state) => state.referenceError);
  const inForce = thresholdInForce(decision, threshold, tuned);
  const isGlobal = typeof inForce === 'number';
  const report = useMemo(() => model.evaluator.at(inForce), [model, inForce]);
  useEffect(() => warm(model.evaluator), [model]);
  useEffect(() => (reference ? warm(reference.evaluator) : undefined), [reference]);
  // Figures and curves answer within the frame, tables when it has room; the error list and the heat map follow when the
  // slider rests, one after the other, so that no frame holds both.
  const shownReport = useDeferredValue(report);
  const shownThreshold = useDeferredValue(inForce);
  const listed = useSettled(inForce, 120);
  const settled = useSettled(inForce, 200);
  const trainReport = useMemo(
    () => (train && loaded.split !== 'train' ? train.at(settled) : null),
    [train, loaded.split, settled],
  );
  const warnings = diagnose({
    report: shownReport,
    train: trainReport,
    notFinite: model.evaluator.notFinite,
  });
  const referenceThreshold = typeof shownThreshold === 'number' ? shownThreshold : 0.5;
  const referenceReport = useMemo(
    () => reference?.evaluator.at(referenceThreshold) ?? null,
    [reference, referenceThreshold],
  );
  const columns = useMemo(
    (): MetricColumn[] => [
      { id: 'model', title: run.modelName, report: shownReport },
      { id: 'allZero', title: 'All-zero', report: model.allZero },
      { id: 'labelPrior', title: 'Label prior', report: model.labelPrior },
      { id: 'reference', title: 'TF-IDF + LR', report: referenceReport },
    ],
    [run.modelName, shownReport, model, referenceReport],
  );
  const pooling = poolingWords(run.hyperparameters);
  const where = `${plural(model.evaluator.rows, `${splitWords[loaded.split]} row`)}, ${plural(run.labels.length, 'label')}, weights of step ${formatCount(model.evaluation.step)}`;

  return (
    <>
      <Headline report={report} model={model} reference={referenceReport} />
      {warnings.map(({ code, message, remedy }) => (
        <Note key={code} tone="warn">
          <p>
            <strong>{message}</strong> {remedy}
          </p>
        </Note>
      ))}
      {referenceError && (
        <ErrorPanel
          error={referenceError}
          action={{ label: 'Run the reference again', run: () => void runReference() }}
          onDismiss={() => evaluationStore.setState({ referenceError: null })}
        />
      )}
      <MetricsTable
        columns={columns}
        summary={`${where}; ${typeof shownThreshold === 'number' ? `threshold ${formatNumber(shownThreshold, 2)}` : 'thresholds per label, tuned on validation'}. Label prior: a coin a label, ${model.priorFromTraining ? 'at its share of the training rows' : 'at its share of these rows'}.${pooling === null ? '' : ` Read in windows: ${pooling}.`}`}
      />
      <div className="pair">
        <ThresholdPlot
          model={model}
          threshold={isGlobal ? inForce : threshold}
          isGlobal={isGlobal}
          onThreshold={setThreshold}
        />
        <PrecisionRecallPlot model={model} report={report} />
      </div>
      <AuditTable model={model} report={shownReport} threshold={listed} dataHash={run.dataHash} />
      <ConfusionPlot model={model} threshold={settled} />
      <ErrorBrowser model={model} threshold={listed} dataHash={run.dataHash} />
      <AuditViews loaded={loaded} threshold={settled} />
    </>
  );
}

/** The headline scores, each beside both baselines (and the reference where it was run). */
function Headline(props: {
  readonly report: EvaluationReport;
  readonly model: LoadedEvaluation['model'];
  readonly reference: EvaluationReport | null;
}) {
  const { report, model, reference } = props;
  const against = (of: (report: EvaluationReport) => number) => (
    <>
      {formatNumber(of(model.allZero))} predicting nothing
      <br />
      {formatNumber(of(model.labelPrior))} label prior
      {reference && (
        <>
          <br />
          {formatNumber(of(reference))} TF-IDF
        </>
      )}
    </>
  );
  const figure = (of: (report: EvaluationReport) => number) => ({
    value: formatNumber(of(report)),
    baseline: against(of),
  });
  return (
    <FigureRow>
      <Figure label="Micro-F1" term="microF1" {...figure(({ micro }) => micro.f1)} />
      <Figure label="Macro-F1" term="macroF1" {...figure(({ macro }) => macro.f1)} />
      <Figure label="Label-wise accuracy" term="labelAccuracy" {...figure((r) => r.labelAccuracy)} />
      <Figure label="Subset accuracy" term="subsetAccuracy" {...figure((r) => r.subsetAccuracy)} />
      <Figure
        label="Labels below 0.7"
        value={formatCount(report.perLabel.filter(({ flagged }) => flagged).length)}
        baseline={`of ${formatCount(report.labels)}, by F1`}
      />
    </FigureRow>
  );
}
