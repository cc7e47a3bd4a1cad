import { isAbort, VerbenaError } from '../../base/errors.ts';
import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { joinSplit, poolByArticle } from '../../core/labels/articleRows.ts';
import type { Split } from '../../core/split/split.ts';
import type { SplitRequest } from '../../services/analysis/contract.ts';
import type { BaselineData, BaselineResult, BaselineSpec } from '../../services/baseline/contract.ts';
import type { CorpusService } from '../../services/corpus/contract.ts';
import type { TextService, TokenizerSource } from '../../services/text/contract.ts';
import type {
  EvaluationLogits,
  ModelSource,
  RunCost,
  RunSummary,
  TrainerService,
  TrainingData,
  TrainingSpec,
} from '../../services/trainer/contract.ts';
import type { ModelChoice, NotebookParameters } from '../parameters.ts';
import { parametersSchema } from '../parametersSchema.ts';
import {
  assembleBaselineData,
  assembleTrainingData,
  dealRows,
  joined,
  selectByParameters,
  trainerSettings,
} from '../trainingData.ts';
import { scoreVariant } from './scores.ts';
import { tokensPerSecond } from '../runSpeed.ts';
import { parametersWith, referenceEncoding } from './variants.ts';
import type { Experiment, Variant, VariantResult } from './types.ts';
import { stable } from '../plain.ts';

export class ExperimentError extends VerbenaError<
  'experiment-data-missing' | 'experiment-settings-invalid' | 'experiment-no-outputs'
> {}

/** What a variant runs through: the same services as the cells above, handed in so that tests can hand in theirs. */
export interface ExperimentServices {
  /** Hash of the data open in this tab; null where there is none. */
  readonly dataHash: () => string | null;
  readonly corpus: Pick<CorpusService, 'labelTable' | 'texts' | 'textGroups' | 'articleGroups'>;
  readonly text: Pick<TextService, 'tokenizeRows' | 'clean'>;
  readonly split?: (request: SplitRequest) => Promise<Split>;
  readonly tokenizer: (model: ModelChoice, options: TaskOptions) => Promise<TokenizerSource>;
  readonly modelSource: (model: ModelChoice) => ModelSource;
  /** An abort ends a run with a checkpoint and resolves with state `stopped`. */
  readonly training: {
    start(spec: TrainingSpec, data: TrainingData, options: TaskOptions): Promise<RunSummary>;
    resume(runId: string, options: TaskOptions): Promise<RunSummary>;
  };
  readonly trainer: Pick<TrainerService, 'runs' | 'logits' | 'labelPriors' | 'cost'>;
  readonly reference: (
    data: BaselineData,
    options: TaskOptions,
    how?: Pick<BaselineSpec, 'encoding' | 'seed'>,
  ) => Promise<BaselineResult>;
  readonly keepReference: (key: string, outputs: EvaluationLogits) => Promise<void>;
  /** What computes a reference. */
  readonly device: string;
  readonly version: string;
}

/** A variant's outcome; `stopped`: an abort ended its run with a checkpoint. */
export type VariantOutcome =
  | { readonly kind: 'done'; readonly result: VariantResult }
  | { readonly kind: 'stopped' };

export interface VariantOptions extends TaskOptions {
  /** Training rows of a run that is gone on with: its data is the trainer's. */
  readonly trainRows: number | null;
  /** Told when a new run's rows are dealt. */
  readonly onRows?: (trainRows: number) => void;
}

/**
 * Runs one variant from the open corpus to its scores, or goes on with its run where one is kept. Throws
 * `experiment-data-missing`, `experiment-settings-invalid`, `experiment-no-outputs` and whatever the services throw.
 */
export async function runVariant(
  services: ExperimentServices,
  experiment: Experiment,
  variant: Variant,
  runId: string,
  options: VariantOptions,
): Promise<VariantOutcome> {
  const parameters = checkedParameters(experiment.base, variant);
  if (variant.kind === 'reference')
    return runReference(services, experiment, { ...variant, parameters }, runId, options);

  let { trainRows } = options;
  const onRows = (rows: number) => {
    trainRows = rows;
    options.onRows?.(rows);
  };
  const runs = await services.trainer.runs();
  const shared = sharedRun(experiment, variant);
  const trained = runs.find((run) => run.runId === shared?.runId && run.state === 'done');
  if (shared && trained)
    return { kind: 'done', result: await collect(services, trained, shared.rows.train, variant) };
  const known = runs.find((run) => run.runId === runId);
  const run =
    known?.state === 'done'
      ? known
      : known
        ? await services.training.resume(runId, options)
        : await startRun(services, experiment, parameters, variant, runId, { ...options, onRows });
  if (run.state !== 'done') return { kind: 'stopped' };
  return { kind: 'done', result: await collect(services, run, trainRows, variant) };
}

/** The result of a finished variant that differs from this one only in how its outputs are judged; null where there is none. */
function sharedRun({ variants }: Experiment, variant: Variant): VariantResult | null {
  if (variant.picking === undefined && variant.rows === undefined) return null;
  const trainedOn = ({ kind, patch, fold, rows }: Omit<Variant, 'state'>) =>
    stable([kind, patch, fold, rows === 'articles']);
  const same = trainedOn(variant);
  for (const { state, ...other } of variants)
    if (state.kind === 'done' && trainedOn(other) === same) return state.result;
  return null;
}

function checkedParameters(base: NotebookParameters, { patch, name }: Variant): NotebookParameters {
  const parsed = parametersSchema.safeParse(parametersWith(base, patch));
  if (parsed.success) return parsed.data as NotebookParameters;
  const [issue] = parsed.error.issues;
  throw new ExperimentError(
    'experiment-settings-invalid',
    `The settings of “${name}” cannot be used: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() +
      '.',
    'Remove this variant, or make the experiment again with other values.',
    { path: issue?.path.join('.') ?? '' },
  );
}

/** Throws `experiment-data-missing` unless the experiment's data is open. */
export function assertData(
  services: Pick<ExperimentServices, 'dataHash'>,
  { title, dataHash }: Experiment,
): void {
  const open = services.dataHash();
  if (open === dataHash) return;
  throw new ExperimentError(
    'experiment-data-missing',
    open === null
      ? `“${title}” needs its data, and none is open in this tab.`
      : `“${title}” was made on other data than is open now.`,
    'Open the data it was made on in the first cell, then press Continue.',
    { wanted: dataHash, open },
  );
}

async function startRun(
  services: ExperimentServices,
  experiment: Experiment,
  parameters: NotebookParameters,
  { fold, rows }: Variant,
  runId: string,
  options: VariantOptions,
): Promise<RunSummary> {
  assertData(services, experiment);
  const { labels, split, text, training } = parameters;
  const tokenizer = await services.tokenizer(text.model, options);
  const data = await assembleTrainingData(
    services,
    {
      dataHash: experiment.dataHash,
      labels,
      split,
      text,
      tokenizer,
      training: training.hyperparameters,
      fold: fold ?? undefined,
      joinsArticles: rows === 'articles',
    },
    options,
  );
  throwIfAborted(options.signal);
  options.onRows?.(data.split.train.length);
  const spec: TrainingSpec = {
    runId,
    model: services.modelSource(text.model),
    lowering: training.lowering,
    hyperparameters: trainerSettings(parameters),
    seed: training.seed,
  };
  return services.training.start(spec, data, options);
}

/** Scores of a finished run, from the outputs it kept. */
async function collect(
  services: ExperimentServices,
  run: RunSummary,
  trainRows: number | null,
  { picking, rows }: Pick<Variant, 'picking' | 'rows'>,
): Promise<VariantResult> {
  const { trainer, version } = services;
  const { runId } = run;
  const outputs = async (split: 'test' | 'validation') => {
    const kept = (await trainer.logits(runId, split, 'best')) ?? (await trainer.logits(runId, split, 'last'));
    return kept && rows === 'steps-by-article' ? pooled(services.corpus, kept) : kept;
  };
  const validation = await outputs('validation');
  const test = await outputs('test');
  const judged = test ?? validation;
  if (!judged)
    throw new ExperimentError(
      'experiment-no-outputs',
      'The run kept no outputs for test or validation rows.',
      'Give one of both parts of the split a share, then make the experiment again.',
      { runId },
    );
  // A run whose stored data is damaged still has its outputs: the prior is then counted on the judged rows.
  const priors = await trainer.labelPriors(runId).catch(() => null);
  // Scores stand without their price: a model of no known kind, or damaged files.
  const price = await trainer.cost(runId).catch(() => null);
  return {
    runId,
    modelName: run.modelName,
    device: run.device?.name ?? 'this CPU',
    seed: run.seed,
    dataHash: run.dataHash,
    version,
    startedAt: run.createdAt,
    durationMs: run.elapsedMs,
    step: run.step,
    totalSteps: run.totalSteps,
    bestStep: run.bestStep,
    tokensPerSecond: tokensPerSecond(run.steps),
    rows: { train: trainRows, validation: validation?.rowIds.length ?? 0, judged: judged.rowIds.length },
    ...(price && { cost: costOf(price) }),
    ...scoreVariant(judged, validation, priors, picking),
  };
}

/** One answer an article. */
async function pooled(
  corpus: Pick<CorpusService, 'articleGroups'>,
  outputs: EvaluationLogits,
): Promise<EvaluationLogits> {
  return poolByArticle(outputs, await corpus.articleGroups(outputs.rowIds));
}

function costOf({
  parameters,
  addedParameters,
  edges,
  violations,
}: RunCost): NonNullable<VariantResult['cost']> {
  const { checked = 0, probability = 0, decision = 0 } = violations ?? {};
  return {
    parameters,
    addedParameters,
    edges,
    checked,
    contradicted: probability,
    predictedAlone: decision,
  };
}

async function runReference(
  services: ExperimentServices,
  experiment: Experiment,
  { parameters, fold, picking, rows }: Variant & { readonly parameters: NotebookParameters },
  key: string,
  options: TaskOptions,
): Promise<VariantOutcome> {
  assertData(services, experiment);
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  try {
    const selected = selectByParameters(
      await services.corpus.labelTable(),
      parameters.labels,
      experiment.dataHash,
    );
    const dealt = await dealRows(services, selected, { split: parameters.split, fold: fold ?? undefined });
    const whole = rows === 'articles' ? await joined(services.corpus, selected) : null;
    const selection = whole?.selection ?? selected;
    const split = whole ? joinSplit(dealt, whole.members) : dealt;
    const joinedFrom = whole ? { rowIds: selected.rowIds, members: whole.members } : undefined;
    const judged = split.test.length > 0 ? 'test' : 'validation';
    // Thresholds are picked on validation rows, so these are answered too, in front of those that are judged.
    const held = picking && judged === 'test' ? split.validation.length : 0;
    const asked = held > 0 ? Uint32Array.from([...split.validation, ...split.test]) : split[judged];
    const data = await assembleBaselineData(
      services,
      { selection, split: { ...split, [judged]: asked }, cleaning: parameters.text.cleaning, joinedFrom },
      judged,
      options,
    );
    const encoding = referenceEncoding(parameters);
    const how = { ...(encoding && { encoding }), seed: parameters.training.seed };
    const answered = await services.reference(data, options, how);
    throwIfAborted(options.signal);
    const { evaluation } = answered;
    const labelsOf = selection.labels.length;
    const part = (from: number, to: number, name: 'test' | 'validation'): EvaluationLogits => ({
      ...evaluation,
      split: name,
      rowIds: evaluation.rowIds.slice(from, to),
      logits: evaluation.logits.slice(from * labelsOf, to * labelsOf),
      targets: evaluation.targets.slice(from * labelsOf, to * labelsOf),
    });
    const answers = part(held, asked.length, judged);
    const outputs = rows === 'steps-by-article' ? await pooled(services.corpus, answers) : answers;
    const validation = held > 0 ? part(0, held, 'validation') : null;
    await services.keepReference(key, outputs);
    const labelCount = selection.labels.length;
    const priors = Float64Array.from({ length: labelCount }, (_, label) => {
      let count = 0;
      for (let cell = label; cell < data.trainTargets.length; cell += labelCount)
        count += data.trainTargets[cell] as number;
      return count / Math.max(1, data.trainTexts.length);
    });
    return {
      kind: 'done',
      result: {
        runId: key,
        modelName: 'TF-IDF + LR',
        device: services.device,
        seed: null,
        dataHash: experiment.dataHash,
        version: services.version,
        startedAt,
        durationMs: performance.now() - startMs,
        step: 0,
        totalSteps: 0,
        bestStep: null,
        tokensPerSecond: null,
        rows: {
          train: split.train.length,
          validation: split.validation.length,
          judged: outputs.rowIds.length,
        },
        cost: costOf({ ...answered, addedParameters: 0 }),
        ...scoreVariant(outputs, validation, priors, picking),
      },
    };
  } catch (error) {
    // A reference has nothing to resume: stopped, it starts anew.
    if (isAbort(error)) return { kind: 'stopped' };
    throw error;
  }
}
