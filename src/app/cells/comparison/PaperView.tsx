import { useStore } from 'zustand';
import { paperValues } from '../../../notebook/parameters.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import type { EvaluationReport } from '../../../core/metrics/types.ts';
import { Output } from '../../ui/Output.tsx';
import { Note } from '../../ui/panels.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { evaluationStore } from '../evaluation/store.ts';
import { shortNames, thresholdOf } from './model.ts';
import { paperClaims } from './paper.ts';
import type { ShownComparison } from './store.ts';

interface Own {
  readonly name: string;
  readonly report: EvaluationReport;
}

/** The paper's claims beside the reader's own runs, and beside the models that do not read: those make the claims readable. */
export function PaperView({ shown }: { readonly shown: ShownComparison | null }) {
  const evaluated = useStore(evaluationStore, (state) => state.loaded);
  const isTest = evaluated?.split === 'test';
  const own: Own[] = shown
    ? shown.compared.models.map((model, at) => ({
        name: shortNames(shown.compared.models)[at] ?? '',
        report: model.evaluator.at(thresholdOf(model, shown.decision)),
      }))
    : evaluated && isTest
      ? [{ name: evaluated.run.modelName, report: evaluated.model.evaluator.at(0.5) }]
      : [];
  const base = shown ? shown.compared : evaluated && isTest ? evaluated.model : null;
  const nothing = base?.allZero ?? null;
  const percent = (value: number | null) => (value === null ? '–' : (100 * value).toFixed(2));
  const line = (key: string, name: string, source: string, report: EvaluationReport) => ({
    key,
    cells: [
      name,
      <span key="source" className="quiet">
        {source}
      </span>,
      percent(report.labelAccuracy),
      percent(report.macro.f1),
      percent(report.micro.f1),
      percent(report.subsetAccuracy),
    ],
  });
  const rows = base
    ? `${plural(base.allZero.rows, 'test row')}, ${plural(base.allZero.labels, 'label')}`
    : '';
  const best = own.reduce((most, { report }) => Math.max(most, report.labelAccuracy), 0);
  return (
    <Output
      name="Beside the paper"
      summary={`InstructNet (arXiv 2512.18301), label threshold ${paperValues.threshold}, 67 labels. Percent; a dash where the paper gives no number.`}
    >
      <SimpleTable
        caption="The paper’s claims beside your runs"
        header={['Model', 'Rows', 'Accuracy', 'Macro-F1', 'Micro-F1', 'Subset accuracy']}
        rows={[
          ...paperClaims.map(({ model, labelAccuracy, macroF1, microF1 }) => ({
            key: model,
            cells: [
              model,
              <span key="source" className="quiet">
                the paper’s
              </span>,
              percent(labelAccuracy),
              macroF1 === null ? '–' : (100 * macroF1).toFixed(0),
              percent(microF1),
              '–',
            ],
          })),
          ...own.map(({ name, report }, at) => ({
            ...line(`own-${at}`, name, rows, report),
            isStrong: true,
          })),
          ...(nothing ? [line('nothing', 'Predicting nothing', rows, nothing)] : []),
          ...(base ? [line('prior', 'Label prior', rows, base.labelPrior)] : []),
        ]}
      />
      <Note>
        <p>
          The paper’s accuracy is almost certainly label-wise: the share of single 0/1 decisions that are
          right. With sparse labels it is near 1 whatever a model does.{' '}
          {nothing ? (
            <>
              On these rows predicting nothing scores {percent(nothing.labelAccuracy)} %
              {own.length > 0 && <>, {pointsAbove(best - nothing.labelAccuracy)} the best of your runs</>}.
              Read F1 first, and accuracy only beside that line.
            </>
          ) : (
            'Compare runs, or evaluate one on its test rows: what predicting nothing scores then stands here.'
          )}
        </p>
        <p>
          Other rows, another split and other labels than the paper’s: these columns stand beside each other,
          they are not a ranking.
        </p>
      </Note>
    </Output>
  );
}

/** `1.20 points below`. */
function pointsAbove(difference: number): string {
  const size = formatNumber(Math.abs(100 * difference), 2);
  return Math.abs(difference) < 5e-5 ? 'level with' : `${size} points ${difference > 0 ? 'below' : 'above'}`;
}
