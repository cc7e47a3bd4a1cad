// npm run bench:ablations -- [PART...] [--steps=N] [--mini-steps=N] [--thresholds=N,N]: the tables of docs/results.md, "InstructNet
// ablations". Parts: thresholds, preprocessing, picking, encodings, network (encodings on a network), network-thresholds (verbena-mini
// beside TF-IDF, on titles). One after another, on real wikiHow rows; --steps is what each network trains (default 400), --mini-steps each
// verbena-mini (1000). Writes bench/results/ablations.md and .json, with the names of the parts where not all were asked for.
import { mkdir, writeFile } from 'node:fs/promises';
import type { LabelEncoding } from '../../src/core/encodings/types.ts';
import { createCleaner } from '../../src/core/text/cleaner.ts';
import { cleaningOrder, noCleaning } from '../../src/core/text/steps.ts';
import { balanceOf } from '../../src/core/advisor/types.ts';
import { encodingChoices, pickingChoices } from '../../src/notebook/experiments/choices.ts';
import { scoreVariant } from '../../src/notebook/experiments/scores.ts';
import { defaultBaselineSpec } from '../../src/services/baseline/defaults.ts';
import { createBaselineService } from '../../src/services/baseline/service.ts';
import type { BaselineResult } from '../../src/services/baseline/contract.ts';
import type { EvaluationLogits } from '../../src/services/trainer/contract.ts';
import { baselineData, openSet, setNames, taskOf, type LabelledSet, type Task } from './data.ts';
import { mini, trainNetwork } from './network.ts';

const seed = 1;
/** Where encodings, cleaning and picking are compared: many labels, most of them with a parent. */
const usual = { titles: 300, steps: 300 } as const;

const parts = [
  'thresholds',
  'preprocessing',
  'picking',
  'encodings',
  'network',
  'network-thresholds',
] as const;
const asked = parts.filter((part) => process.argv.includes(part));
const chosen = asked.length > 0 ? asked : parts;
const option = (name: string) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const steps = Number(option('steps') ?? 400);
const miniSteps = Number(option('mini-steps') ?? 1000);
const askedThresholds = option('thresholds');
const thresholds = (askedThresholds ?? '100,300,500,1000').split(',').map(Number);

const keepText = (text: string) => text;
const never = new AbortController().signal;
const tables: { readonly title: string; readonly header: readonly string[]; readonly rows: string[][] }[] =
  [];

async function reference(
  task: Task,
  clean: (text: string) => string,
  encoding?: LabelEncoding,
): Promise<BaselineResult & { readonly ms: number }> {
  const started = performance.now();
  const result = await createBaselineService().run(
    { ...defaultBaselineSpec, seed, ...(encoding && { encoding }) },
    baselineData(task, clean),
    () => undefined,
    never,
  );
  return { ...result, ms: performance.now() - started };
}

/** Outputs of the validation rows, and of the test rows behind them. */
function halves({ evaluation }: BaselineResult, { split }: Task): [EvaluationLogits, EvaluationLogits] {
  const labels = evaluation.labels.length;
  const from = split.validation.length;
  const part = (start: number, end: number, name: 'validation' | 'test'): EvaluationLogits => ({
    ...evaluation,
    split: name,
    rowIds: evaluation.rowIds.slice(start, end),
    logits: evaluation.logits.slice(start * labels, end * labels),
    targets: evaluation.targets.slice(start * labels, end * labels),
  });
  return [part(0, from, 'validation'), part(from, evaluation.rowIds.length, 'test')];
}

const f3 = (value: number | undefined) => (value === undefined ? '' : value.toFixed(3));
const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
const millions = (count: number) => `${(count / 1e6).toFixed(count < 1e6 ? 2 : 1)} M`;

function scoreCells(validation: EvaluationLogits | null, test: EvaluationLogits): string[] {
  const { scores, tuned, allZero } = scoreVariant(test, validation, null);
  return [
    f3(scores.microF1),
    f3(tuned?.scores.microF1),
    f3(scores.macroF1),
    f3(tuned?.scores.macroF1),
    f3(scores.subsetAccuracy),
    f3(scores.labelAccuracy),
    f3(allZero.labelAccuracy),
  ];
}
const scoreHeader = ['micro-F1', 'tuned', 'macro-F1', 'tuned', 'subset', 'label-wise', 'all-zero'];

function table(title: string, header: readonly string[]) {
  const rows: string[][] = [];
  tables.push({ title, header, rows });
  return (row: string[]) => {
    rows.push(row);
    console.log([title, ...row].join(' | '));
  };
}

const violationCell = ({ edges, violations }: Pick<BaselineResult, 'edges' | 'violations'>) =>
  edges === 0 ? 'no pairs' : `${((100 * violations.probability) / violations.checked).toFixed(1)} %`;

async function compare(set: LabelledSet): Promise<void> {
  const { name } = set;
  if (chosen.includes('thresholds')) {
    const add = table(`${name}: label threshold, TF-IDF`, [
      'threshold',
      'labels',
      'rows',
      ...scoreHeader,
      'time',
    ]);
    for (const threshold of thresholds) {
      const task = taskOf(set, threshold, seed);
      const result = await reference(task, keepText);
      const { labels, rowIds } = task.selection;
      add([
        `${threshold}`,
        `${labels.length}`,
        `${rowIds.length}`,
        ...scoreCells(...halves(result, task)),
        seconds(result.ms),
      ]);
    }
  }
  const task = taskOf(set, usual[name], seed);
  const about = `${name}, threshold ${usual[name]} (${task.selection.labels.length} labels)`;
  if (chosen.includes('preprocessing')) {
    const add = table(`${about}: preprocessing, TF-IDF`, ['cleaning', ...scoreHeader, 'time']);
    const all = Object.fromEntries(cleaningOrder.map((step) => [step, true])) as unknown as typeof noCleaning;
    const settings = [
      ['all off', noCleaning],
      ...cleaningOrder.map((step) => [step, { ...noCleaning, [step]: true }] as const),
      ['all on', all],
    ] as const;
    for (const [label, cleaning] of settings) {
      const result = await reference(task, await createCleaner(cleaning));
      add([label, ...scoreCells(...halves(result, task)), seconds(result.ms)]);
    }
  }
  if (chosen.includes('picking')) {
    const add = table(`${about}: threshold picking, TF-IDF`, [
      'decision threshold',
      'micro-F1',
      'macro-F1',
      'subset',
      'label-wise',
    ]);
    const [validation, test] = halves(await reference(task, keepText), task);
    for (const { id, name: label } of pickingChoices) {
      const { scores } = scoreVariant(test, validation, null, id);
      add([
        label,
        f3(scores.microF1),
        f3(scores.macroF1),
        f3(scores.subsetAccuracy),
        f3(scores.labelAccuracy),
      ]);
    }
  }
  if (chosen.includes('encodings')) {
    const add = table(`${about}: label encodings, TF-IDF`, [
      'encoding',
      ...scoreHeader,
      'child above parent',
      'parameters',
      'time',
    ]);
    for (const { encoding, name: label } of encodingChoices) {
      if (encoding.kind === 'label-embedding') continue;
      const result = await reference(task, keepText, encoding);
      add([
        label,
        ...scoreCells(...halves(result, task)),
        violationCell(result),
        millions(result.parameters),
        seconds(result.ms),
      ]);
    }
  }
}

async function networks(set: LabelledSet): Promise<void> {
  const task = taskOf(set, 1000, seed);
  const about = `${set.name}, threshold 1000 (${task.selection.labels.length} labels)`;
  const add = table(`${about}: label encodings, a 2-layer DistilBERT of width 64 from random weights`, [
    'encoding',
    ...scoreHeader,
    'child above parent',
    'parameters',
    'steps',
    'time',
  ]);
  const choices = encodingChoices.filter(({ id }) => id !== 'chain-given');
  for (const { encoding, name: label } of choices) {
    const made = await trainNetwork(task, encoding, seed, steps);
    const cells = scoreCells(made.validation, made.test);
    add([label, ...cells, violationCell(made), millions(made.parameters), `${made.steps}`, seconds(made.ms)]);
  }
}

/** Share of the set's labels, each as often as it is given, that a threshold keeps: what the advisor weighs against macro-F1. */
const keptShare = ({ table: all }: LabelledSet, { selection }: Task) =>
  selection.targetIds.length / all.labelIds.length;

/** The same steps at every threshold, TF-IDF on the same split beside it. */
async function networkThresholds(set: LabelledSet): Promise<void> {
  const architecture = await mini();
  const add = table(`${set.name}: label threshold, verbena-mini from random weights beside TF-IDF`, [
    'threshold',
    'labels',
    'rows',
    'model',
    ...scoreHeader,
    'balance',
    'steps',
    'epochs',
    'validation micro-F1 on the way',
    'time',
  ]);
  for (const threshold of thresholds) {
    const task = taskOf(set, threshold, seed);
    const about = [`${threshold}`, `${task.selection.labels.length}`, `${task.selection.rowIds.length}`];
    const scored = (validation: EvaluationLogits, test: EvaluationLogits) => [
      ...scoreCells(validation, test),
      f3(balanceOf(scoreVariant(test, validation, null).scores.macroF1, keptShare(set, task))),
    ];
    const tfidf = await reference(task, keepText);
    add([...about, 'TF-IDF', ...scored(...halves(tfidf, task)), '', '', '', seconds(tfidf.ms)]);
    const made = await trainNetwork(task, { kind: 'binary-relevance' }, seed, miniSteps, architecture, 2);
    add([
      ...about,
      'verbena-mini',
      ...scored(made.validation, made.test),
      `${made.steps}`,
      made.epochs.toFixed(1),
      made.curve.map(({ step, microF1 }) => `${step}: ${f3(microF1)}`).join(', '),
      seconds(made.ms),
    ]);
    await save();
  }
}

async function save(): Promise<void> {
  const markdown = tables.map(({ title, header, rows }) =>
    [
      `### ${title}`,
      '',
      `| ${header.join(' | ')} |`,
      `|${header.map(() => '---').join('|')}|`,
      ...rows.map((row) => `| ${row.join(' | ')} |`),
      '',
    ].join('\n'),
  );
  await mkdir('bench/results', { recursive: true });
  const which = [...(chosen.length === parts.length ? [] : chosen), ...(askedThresholds?.split(',') ?? [])];
  const name = ['ablations', ...which].join('-');
  await writeFile(`bench/results/${name}.md`, markdown.join('\n'));
  await writeFile(`bench/results/${name}.json`, `${JSON.stringify({ seed, tables }, null, 1)}\n`);
}

for (const name of setNames) {
  const set = await openSet(name);
  if (!set) {
    console.log(`${name}: ../shared/data/wikihow_multilabel is not here; skipped.`);
    continue;
  }
  await compare(set);
  await save();
  if (name === 'steps' && chosen.includes('network')) await networks(set);
  if (name === 'titles' && chosen.includes('network-thresholds')) await networkThresholds(set);
}
await save();
process.exit(0);
