import {
  classificationReport,
  type ClassificationReport,
} from '../../src/core/incubator/classifier/evaluation.ts';
import {
  linearDefaults,
  openLinear,
  trainLinear,
  type LabelledTexts,
  type LinearSpec,
} from '../../src/core/incubator/classifier/linear.ts';
import { classProbabilities } from '../../src/core/incubator/classifier/probabilities.ts';

/** Trains on some rows and judges on others of the same classes, in the same order. */
export async function judged(
  training: LabelledTexts,
  test: LabelledTexts,
  spec: Partial<LinearSpec> = {},
): Promise<ClassificationReport> {
  const model = await trainLinear(training, { ...linearDefaults, ...spec });
  const probabilities = classProbabilities(
    openLinear(model).margins(test.texts),
    model.classes,
    model.normalisation,
  );
  return classificationReport(test.labels, probabilities, test.classOf);
}

export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly values: readonly number[];
}

/** Mean and sample deviation. */
export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)), values };
}

export const show = ({ mean, deviation }: Spread, digits = 3) =>
  deviation === 0 ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;

export const seeds = [1, 2, 3, 4, 5] as const;

/** Something for each seed, one after another. */
export async function overSeeds(make: (seed: number) => Promise<number>): Promise<Spread> {
  const values: number[] = [];
  for (const seed of seeds) values.push(await make(seed));
  return spread(values);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
