import { describe, expect, it } from 'vitest';
import { random } from '../../../base/random.ts';
import type { CalibrationOutcome, ModelCalibration } from '../../../core/calibration/modelCalibration.ts';
import { createEvaluator, logit, sigmoid } from '../../../core/metrics/evaluator.ts';
import {
  calibrationHint,
  csvOf,
  labelled,
  probabilitiesOf,
  rowsOf,
  shownScale,
  thresholdWords,
  type Answers,
} from './answers.ts';

const labels = ['cook', 'clean', 'mend'];
const count = labels.length;

const calibrationOf = (family: ModelCalibration['family'], temperature: number): ModelCalibration => ({
  family,
  temperature,
  step: 60,
  rows: 240,
  lossBefore: 0.4,
  lossAfter: 0.3,
});

/** Texts with drawn logits; the last is not answered yet. */
function answersOf(calibration: CalibrationOutcome, change: Partial<Answers> = {}): Answers {
  const draw = random(8);
  const texts = Array.from({ length: 60 }, (_, i) => `text ${i}`);
  const logits = Float32Array.from({ length: texts.length * count }, () => 2 * draw.normal());
  logits.fill(Number.NaN, 59 * count);
  return {
    run: { labels } as unknown as Answers['run'],
    texts,
    logits,
    calibration,
    thresholds: new Float64Array(count).fill(0.3),
    perLabel: false,
    ...change,
  } as unknown as Answers;
}

const cells = (csv: string) =>
  csv
    .trim()
    .split(/\r?\n/u)
    .map((line) => line.split(','));

describe.each(['sigmoid', 'softmax'] as const)('answers on either scale: %s', (family) => {
  const calibration = calibrationOf(family, 2.5);
  const answers = answersOf({ kind: 'fitted', calibration }, { thresholds: Float64Array.of(0.3, 0.72, 0.5) });

  it('hold the decisions that the Evaluation cell makes, and the same ones', () => {
    const logits = answers.logits.slice(0, 59 * count);
    const targets = new Uint8Array(logits.length);
    const decided = createEvaluator({ labels, logits, targets }).decide(answers.thresholds);
    const rows = rowsOf(answers);
    const own = new Uint8Array(logits.length);
    for (const { at, labels: predicted } of rows) for (const label of predicted) own[at * count + label] = 1;
    expect(own).toEqual(decided);
    expect(labelled(answers)).toBe(rows.filter(({ labels: predicted }) => predicted.length > 0).length);
    const [raw, calibrated] = [null, calibration].map((scale) => cells(csvOf(answers, scale)));
    expect(raw?.map((line) => line[1])).toEqual(calibrated?.map((line) => line[1]));
    expect(raw?.filter((line) => line[1] !== '').length).toBeGreaterThan(10);
  });

  it('list a row’s labels surest first on both, and nothing where no answer is', () => {
    for (const { at, labels: predicted, top } of rowsOf(answers).slice(0, -1))
      for (const scale of [null, calibration]) {
        const p = probabilitiesOf(answers, at, scale);
        expect(p[top as number]).toBe(Math.max(...p));
        predicted.forEach((label, i) =>
          expect(p[label]).toBeLessThanOrEqual(p[predicted[i - 1] ?? label] as number),
        );
      }
    expect(rowsOf(answers).at(-1)).toMatchObject({ labels: [], top: null });
    expect(cells(csvOf(answers, calibration)).at(-1)).toEqual([
      'text 59',
      '',
      '"calibrated',
      ' temperature 2.50000 on 240 validation rows"',
      '',
      '',
      '',
    ]);
  });
});

describe('which probabilities', () => {
  const calibration = calibrationOf('sigmoid', 2);
  const answers = answersOf({ kind: 'fitted', calibration });

  it('a table holds is said in each of its rows', () => {
    const [header, ...raw] = cells(csvOf(answers, shownScale(answers, false)));
    expect(header).toEqual(['text', 'labels', 'probabilities', ...labels]);
    expect(new Set(raw.map((line) => line[2]))).toEqual(new Set(['uncalibrated']));
    const [, first] = cells(csvOf(answers, shownScale(answers, true)));
    expect(first?.slice(2, 4).join()).toBe('"calibrated, temperature 2.00000 on 240 validation rows"');
    labels.forEach((_, label) => {
      const p = Number(raw[0]?.[3 + label]);
      expect(p).toBeCloseTo(sigmoid(answers.logits[label] as number), 5);
      expect(Number(first?.[4 + label])).toBeCloseTo(sigmoid(logit(p) / 2), 5);
    });
  });

  it('are calibrated only where there is something fitted, and why not is said', () => {
    const none = answersOf({ kind: 'none', why: 'no-validation-rows' });
    expect(shownScale(none, true)).toBeNull();
    expect(calibrationHint(none.calibration)).toMatch(/no validation rows.*never fitted on test rows/u);
    expect(calibrationHint(answers.calibration)).toMatch(
      /divided by 2.*240 validation rows.*Decisions stay/u,
    );
  });

  it('a threshold is told on: mapped under a sigmoid, as it was under a softmax', () => {
    const softmax = calibrationOf('softmax', 2);
    expect(thresholdWords(answers, null)).toBe('threshold 0.30');
    expect(thresholdWords(answers, calibration)).toBe('threshold 0.30, calibrated 0.40');
    expect(thresholdWords(answers, softmax)).toBe('threshold 0.30 before calibration');
    const half = answersOf(answers.calibration, { thresholds: new Float64Array(count).fill(0.5) });
    expect(thresholdWords(half, calibration)).toBe('threshold 0.50');
  });
});
