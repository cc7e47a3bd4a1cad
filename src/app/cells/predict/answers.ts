import { toCsv, type CsvValue } from '../../../base/csv.ts';
import {
  calibratedThreshold,
  rowProbabilities,
  type CalibrationOutcome,
  type ModelCalibration,
} from '../../../core/calibration/modelCalibration.ts';
import { logit } from '../../../core/metrics/evaluator.ts';
import { scaleWords, whyUncalibrated } from '../../../notebook/calibration.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import type { TextParameters } from '../../../notebook/parameters.ts';
import type { TokenizerSource, TokenTable } from '../../../services/text/contract.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';

/** Texts with a model's answers, as they come in. */
export interface Answers {
  readonly run: RunSummary;
  /** Of the weights; known once all texts are answered. */
  readonly step: number | null;
  readonly device: string | null;
  readonly texts: readonly string[];
  readonly tokens: TokenTable;
  readonly tokenizer: TokenizerSource;
  readonly cleaning: TextParameters['cleaning'];
  /** `[texts, labels]`; rows not answered yet are NaN. */
  readonly logits: Float32Array;
  /** Of these weights; which probabilities are shown is the page's choice. */
  readonly calibration: CalibrationOutcome;
  /** On the model's own probabilities, `[labels]`: they decide, whichever are shown. */
  readonly thresholds: Float64Array;
  readonly perLabel: boolean;
  readonly done: number;
  /** The run did not say how its texts were preprocessed: the notebook's present settings were taken. */
  readonly isCleaningGuessed: boolean;
  /** The notebook that asked. */
  readonly notebookId: string;
}

export interface AnswerRow {
  readonly at: number;
  readonly text: string;
  /** Predicted labels, surest first: the order is the same on both scales. */
  readonly labels: readonly number[];
  /** The surest label, predicted or not; null: not answered yet. */
  readonly top: number | null;
}

/** The calibration that is shown; null: the model's own probabilities. */
export function shownScale(
  { calibration }: Pick<Answers, 'calibration'>,
  isCalibrated: boolean,
): ModelCalibration | null {
  return isCalibrated && calibration.kind === 'fitted' ? calibration.calibration : null;
}

/** Decides at the thresholds as the Evaluation cell does: by the model's logits, so that no way to show them moves a decision. */
export function rowsOf({ texts, run, logits, thresholds }: Answers): AnswerRow[] {
  const count = run.labels.length;
  const cuts = Float64Array.from(thresholds, logit);
  return texts.map((text, at) => {
    const labels: number[] = [];
    const from = at * count;
    let top = -1;
    for (let label = 0; label < count; label++) {
      const z = logits[from + label] as number;
      if (z >= (cuts[label] as number)) labels.push(label);
      if (!Number.isNaN(z) && (top < 0 || z > (logits[from + top] as number))) top = label;
    }
    labels.sort((a, b) => (logits[from + b] as number) - (logits[from + a] as number));
    return { at, text, labels, top: top < 0 ? null : top };
  });
}

/** A row's probabilities `[labels]`; NaN: not answered yet. */
export function probabilitiesOf({ run, logits }: Answers, at: number, scale: ModelCalibration | null) {
  const count = run.labels.length;
  return rowProbabilities(logits.subarray(at * count, (at + 1) * count), scale);
}

/** Text, predicted labels, which probabilities follow, and a column a label with its own. */
export function csvOf(answers: Answers, scale: ModelCalibration | null): string {
  const { run, texts } = answers;
  const which = scaleWords(scale);
  return toCsv(
    ['text', 'labels', 'probabilities', ...run.labels],
    rowsOf(answers).map(({ at, labels }) => {
      const inColumnOrder = labels.toSorted((a, b) => a - b);
      const names = inColumnOrder.map((label) => run.labels[label]).join('; ');
      const line: CsvValue[] = [texts[at], names, which];
      for (const p of probabilitiesOf(answers, at, scale))
        line.push(Number.isNaN(p) ? null : Number(p.toPrecision(6)));
      return line;
    }),
  );
}

/** Texts that were given a label. */
export function labelled(answers: Answers): number {
  return rowsOf(answers).filter(({ labels }) => labels.length > 0).length;
}

/** What decides, in words; a threshold on both scales where calibration moves it. */
export function thresholdWords(
  { thresholds, perLabel }: Pick<Answers, 'thresholds' | 'perLabel'>,
  scale: ModelCalibration | null,
): string {
  if (perLabel) return `thresholds per label, tuned on validation${scale ? ' before calibration' : ''}`;
  const threshold = thresholds[0] ?? 0.5;
  const words = `threshold ${formatNumber(threshold, 2)}`;
  if (!scale) return words;
  const moved = calibratedThreshold(threshold, scale);
  if (moved === null) return `${words} before calibration`;
  const calibrated = formatNumber(moved, 2);
  return calibrated === formatNumber(threshold, 2) ? words : `${words}, calibrated ${calibrated}`;
}

/** What the switch does, or why it cannot, in a sentence. */
export function calibrationHint(outcome: CalibrationOutcome | null): string {
  if (!outcome) return 'Fitted on validation rows once the run has ended.';
  if (outcome.kind === 'none') return whyUncalibrated[outcome.why];
  const { temperature, rows } = outcome.calibration;
  return `Logits are divided by ${formatNumber(temperature, 2)}, fitted on ${plural(rows, 'validation row')}, so that about 80 % of what is told 0.80 is true. Decisions stay.`;
}
