import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { duplicateGroups } from '../../core/split/split.ts';
import type { LabelTable } from '../../core/labels/labelTable.ts';
import { createBaselineService, defaultBaselineSpec } from '../../services/baseline/service.ts';
import type { TextService } from '../../services/text/contract.ts';
import type { EvaluationLogits, TrainerService } from '../../services/trainer/contract.ts';
import { processRunLocks } from '../../services/storage/locks.ts';
import { memoryRunStorage, type RunStorage } from '../../services/trainer/runStorage.ts';
import { createTrainerService } from '../../services/trainer/service.ts';
import { bagDependencies } from '../../services/trainer/testing/bagDependencies.ts';
import { newDocument, serialiseDocument } from '../document.ts';
import { defaultParameters, type NotebookParameters } from '../parameters.ts';
import { createNotebook, type Notebook } from '../store.ts';
import { createExperimentQueue, type LiveVariant } from './queue.ts';
import type { ExperimentServices } from './run.ts';
import { defaultValues, variantsOf, type TemplateValues } from './variants.ts';
import type { Experiment, TemplateId, Variant } from './types.ts';
import { parseDocument } from '../readDocument.ts';

// The real trainer with a small real model, the real reference model, the real split; only the corpus is a few words long.

const words = ['flour', 'oven', 'wheel', 'tyre', 'brush', 'paint'];
const rowCount = 240;
const carried = Array.from({ length: rowCount }, (_, row) =>
  row % 3 === 0 ? [0, row % 12 === 0 ? 3 : 1] : [row % 3],
);
const texts = carried.map(
  (labels, row) =>
    `${labels.map((label) => words[2 * (label % 3)]).join(' ')} ${words[(row * 7) % 6]} step ${row}`,
);
const table: LabelTable = {
  rowCount,
  labels: ['baking', 'cars', 'art', 'rare'],
  rowOffsets: Uint32Array.from([0, ...carried.map((_, row) => carried.slice(0, row + 1).flat().length)]),
  labelIds: Uint32Array.from(carried.flatMap((labels) => [...labels].sort())),
};

const tokenizeRows: TextService['tokenizeRows'] = async (rowIds, given, _cleaning, _source, maxLength) => {
  const rows = given.map((text) =>
    text
      .split(' ')
      .map((word) => 1 + ([...word].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 190))
      .slice(0, maxLength),
  );
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] as number) + row.length));
  return {
    hash: 'h',
    rowIds,
    offsets,
    ids: Int32Array.from(rows.flat()),
    fullLengths: Uint32Array.from(rows, (row) => row.length),
    maxLength,
  };
};

/** Steps of a variant that a report tells of: `Variant 1 of 2 · 4 / 2,000 steps`; 0 where it tells of none. */
const stepsOf = (phase: string, variant: string): number =>
  phase.startsWith(`${variant} · `)
    ? Number(
        phase
          .slice(variant.length + 3)
          .split(' ')[0]
          ?.replace(',', ''),
      )
    : 0;

const base: NotebookParameters = {
  ...defaultParameters,
  labels: { ...defaultParameters.labels, threshold: 30 },
  split: { ...defaultParameters.split, validation: 0.2, test: 0.2, groupDuplicates: false },
  text: { ...defaultParameters.text, maxLength: 16 },
  training: {
    ...defaultParameters.training,
    hyperparameters: {
      ...defaultParameters.training.hyperparameters,
      batchSize: 16,
      budgetTokens: 128,
      epochs: 100,
      maxSteps: 12,
      warmupSteps: 2,
      learningRate: 0.05,
      evaluateEverySteps: 6,
      checkpointEverySteps: 4,
      memory: undefined,
    },
  },
};

/** A tab: its own services over storage that outlives it. */
function tab(notebook: Notebook, storage: RunStorage, open: () => string | null = () => 'da7a') {
  const trainer = createTrainerService(bagDependencies(storage, processRunLocks()));
  const kept = new Map<string, EvaluationLogits>();
  const follow = (
    runId: string,
    signal: AbortSignal | undefined,
    begin: (onEvent: Parameters<TrainerService['resume']>[1]) => ReturnType<TrainerService['resume']>,
    onProgress: Parameters<ExperimentServices['training']['resume']>[1]['onProgress'],
  ) => {
    signal?.addEventListener('abort', () => void trainer.stop(runId).catch(() => undefined), { once: true });
    return begin((event) => {
      if (event.kind === 'steps')
        onProgress?.({
          phase: '',
          done: event.points.at(-1)?.step ?? 0,
          total: event.totalSteps,
          unit: 'steps',
        });
    });
  };
  const started: string[] = [];
  const services: ExperimentServices = {
    dataHash: open,
    corpus: {
      labelTable: async () => table,
      texts: async (rows) => Array.from(rows, (row) => texts[row] ?? ''),
      textGroups: async (rows) => duplicateGroups(Array.from(rows, (row) => texts[row] ?? '')),
      articleGroups: async (rows) => rows.map((row) => row >> 2),
    },
    text: { tokenizeRows, clean: async (given) => [...given] },
    tokenizer: async () => ({ name: 't', tokenizerJson: '{}', tokenizerConfigJson: '{}' }),
    modelSource: () => ({ kind: 'embedded', name: 'bag' }),
    training: {
      start(spec, data, { signal, onProgress }) {
        started.push(spec.runId);
        return follow(spec.runId, signal, (onEvent) => trainer.start(spec, data, onEvent), onProgress);
      },
      resume: (runId, { signal, onProgress }) =>
        follow(runId, signal, (onEvent) => trainer.resume(runId, onEvent), onProgress),
    },
    trainer,
    reference: (data, { signal, onProgress }, how) =>
      createBaselineService().run(
        { ...defaultBaselineSpec, minDocumentCount: 1, ...how },
        data,
        onProgress ?? (() => undefined),
        signal ?? new AbortController().signal,
      ),
    keepReference: async (key, outputs) => void kept.set(key, outputs),
    device: 'test CPU',
    version: '0',
  };
  let number = 0;
  const queue = createExperimentQueue(notebook, services, {
    newRunId: () => `run-${storageNumber(storage)}-${number++}`,
    estimateMs: () => 60_000,
  });
  return { queue, trainer, kept, started };
}

const numbers = new WeakMap<RunStorage, number>();
const storageNumber = (storage: RunStorage) => {
  const next = (numbers.get(storage) ?? 0) + 1;
  numbers.set(storage, next);
  return next;
};

function experimentOf(
  template: TemplateId,
  values: Partial<TemplateValues>,
  why: Parameters<typeof variantsOf>[3] = () => null,
): Experiment {
  let id = 0;
  const chosen = { ...defaultValues, withReference: false, ...values };
  return {
    id: `x-${template}`,
    template,
    title: template,
    createdAt: '2026-01-01T00:00:00.000Z',
    base,
    dataHash: 'da7a',
    variants: variantsOf(template, chosen, base, why, () => `v${id++}`),
  };
}

function notebookWith(...experiments: Experiment[]): Notebook {
  return createNotebook({ ...newDocument(), experiments });
}

const variants = (notebook: Notebook): readonly Variant[] =>
  notebook.store.getState().experiments.flatMap((experiment) => experiment.variants);
const states = (notebook: Notebook) => variants(notebook).map(({ state }) => state.kind);
const results = (notebook: Notebook) =>
  variants(notebook).flatMap(({ state }) => (state.kind === 'done' ? [state.result] : []));

describe('the experiment queue', () => {
  it('runs a threshold ablation with its references, and keeps what each row was compared with', async () => {
    const experiment = experimentOf(
      'threshold',
      { thresholds: [10, 60, 9999], withReference: true },
      ({ labels }) => (labels.threshold > 1000 ? 'Keeps no label.' : null),
    );
    const notebook = notebookWith(experiment);
    const { queue, kept } = tab(notebook, memoryRunStorage());
    queue.want(experiment.id);
    const seen: (Progress & { readonly etaMs: number | null | undefined })[] = [];
    const outcome = await queue.run({ onProgress: (told, etaMs) => seen.push({ ...told, etaMs }) });
    expect(outcome).toEqual({ experiments: 1, done: 4, failed: 0 });
    expect(states(notebook)).toEqual(['done', 'done', 'skipped', 'done', 'done']);
    const [low, high, referenceLow] = results(notebook);
    expect([low?.labels, high?.labels]).toEqual([4, 3]);
    expect(low?.step).toBe(12);
    expect(low?.rows.train).toBe(144);
    // Same rows and labels: network and reference can be compared, the two thresholds cannot.
    expect(referenceLow?.rowsHash).toBe(low?.rowsHash);
    expect(low?.rowsHash).not.toBe(high?.rowsHash);
    expect(low?.allZero.microF1).toBe(0);
    expect(low?.allZero.labelAccuracy).toBeCloseTo(referenceLow?.allZero.labelAccuracy ?? 0, 12);
    expect(low?.tuned?.scores.microF1).toBeGreaterThan(low?.allZero.microF1 ?? 1);
    expect(kept.size).toBe(2);
    expect(seen.some(({ phase }) => stepsOf(phase, 'Variant 2 of 5') > 0)).toBe(true);
    // The bar is of the four variants that are run, and never goes back.
    expect(seen.every(({ total, unit }) => total === 4 && unit === 'variants')).toBe(true);
    const bar = seen.map(({ done }) => done);
    expect(bar).toEqual(bar.toSorted((a, b) => a - b));
    expect(bar.at(-1)).toBeGreaterThan(3);
    // Three minutes are estimated behind the first variant: they are in what it says.
    const first = seen.find(
      ({ phase, etaMs }) => stepsOf(phase, 'Variant 1 of 5') > 0 && typeof etaMs === 'number',
    );
    expect(first?.etaMs).toBeGreaterThanOrEqual(180_000);
    expect(queue.store.getState()).toEqual({ wanted: [], live: null });
  });

  it('judges steps, steps by article and articles on the same test articles; two of three share a run', async () => {
    const experiment = experimentOf('rows', { withReference: true });
    const notebook = notebookWith(experiment);
    const { queue, started, kept } = tab(notebook, memoryRunStorage());
    queue.want(experiment.id);
    await queue.run({});
    expect(states(notebook)).toEqual(Array.from({ length: 6 }, () => 'done'));
    expect(started.length).toBe(2);
    const [steps, byArticle, articles, ...references] = results(notebook);
    expect(byArticle?.rowsHash).toBe(articles?.rowsHash);
    expect(steps?.rowsHash).not.toBe(articles?.rowsHash);
    expect(byArticle?.runId).toBe(steps?.runId);
    expect(articles?.runId).not.toBe(steps?.runId);
    // Four rows an article at most, one where the others carry no kept label.
    expect(steps?.rows.judged).toBeGreaterThan(articles?.rows.judged ?? Number.POSITIVE_INFINITY);
    expect(references.map(({ rowsHash }) => rowsHash)).toEqual([
      steps?.rowsHash,
      byArticle?.rowsHash,
      articles?.rowsHash,
    ]);
    const [ofSteps, ofArticles] = [...kept.values()];
    expect(ofSteps?.rowIds.length).toBe(steps?.rows.judged);
    expect(ofArticles?.rowIds.length).toBe(byArticle?.rows.judged);
  });

  it('is found by a later tab: done stands, the cut-off run goes on from its checkpoint, the rest waits', async () => {
    const experiment = experimentOf('seeds', { seeds: [1, 2, 3] });
    const long = { ...experiment, base: withSteps(400) };
    const notebook = notebookWith(long);
    const storage = memoryRunStorage();
    const first = tab(notebook, storage);
    first.queue.want(long.id);
    const controller = new AbortController();
    const ended = first.queue.run({
      signal: controller.signal,
      onProgress: ({ phase }) => {
        if (stepsOf(phase, 'Variant 2 of 3') >= 20) controller.abort();
      },
    });
    await expect(ended).rejects.toMatchObject({ code: 'aborted' });
    expect(states(notebook)).toEqual(['done', 'started', 'pending']);

    const later = createNotebook(parseDocument(serialiseDocument(notebook.document())));
    expect(states(later)).toEqual(['done', 'started', 'pending']);
    const second = tab(later, storage);
    expect(second.queue.store.getState().wanted).toEqual([]);
    second.queue.want(long.id);
    await second.queue.run({});
    expect(states(later)).toEqual(['done', 'done', 'done']);
    // The second run was not started anew, only the third.
    expect(second.started).toHaveLength(1);
    const resumed = results(later)[1];
    expect(resumed?.rows.train).toBe(results(later)[0]?.rows.train);
    const run = (await second.trainer.runs()).find(({ runId }) => runId === resumed?.runId);
    expect(run?.steps.map(({ step }) => step)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  });

  it('names a failed variant, passes over it, and tries it again when asked', async () => {
    const experiment = experimentOf('learning-rate', { learningRates: [0.05, 0.1] });
    const broken = experiment.variants.map((variant, i) =>
      i === 0 ? { ...variant, patch: { training: { hyperparameters: { learningRate: -1 } } } } : variant,
    );
    const notebook = notebookWith({ ...experiment, variants: broken });
    const { queue } = tab(notebook, memoryRunStorage());
    queue.want(experiment.id);
    await queue.run({});
    expect(states(notebook)).toEqual(['failed', 'done']);
    const [failed] = variants(notebook);
    expect(failed?.state).toMatchObject({ error: { code: 'experiment-settings-invalid' }, runId: null });
    expect(queue.retry({ experimentId: experiment.id, variantId: failed?.id ?? '' })).toBe(true);
    expect(states(notebook)).toEqual(['pending', 'done']);
  });

  it('skips the variant under way and goes on', async () => {
    const experiment = { ...experimentOf('seeds', { seeds: [1, 2] }), base: withSteps(2000) };
    const notebook = notebookWith({
      ...experiment,
      variants: experiment.variants.map((variant, i) =>
        i === 1
          ? { ...variant, patch: { training: { seed: 2, hyperparameters: { maxSteps: 6 } } } }
          : variant,
      ),
    });
    const { queue } = tab(notebook, memoryRunStorage());
    queue.want(experiment.id);
    const live: (LiveVariant | null)[] = [];
    await queue.run({
      onProgress: ({ phase }) => {
        live.push(queue.store.getState().live);
        if (stepsOf(phase, 'Variant 1 of 2') >= 4) queue.skip();
      },
    });
    expect(states(notebook)).toEqual(['skipped', 'done']);
    expect(live.every((one) => one?.of === 2)).toBe(true);
  });

  it('tests every row once over the folds, and asks for the data where it is not open', async () => {
    const experiment = experimentOf('folds', { folds: 3 });
    const notebook = notebookWith(experiment);
    let data: string | null = null;
    const { queue, trainer } = tab(notebook, memoryRunStorage(), () => data);
    queue.want(experiment.id);
    await expect(queue.run({})).rejects.toMatchObject({ code: 'experiment-data-missing' });
    expect(states(notebook)).toEqual(['pending', 'pending', 'pending']);
    data = 'da7a';
    queue.want(experiment.id);
    await queue.run({});
    const tested: number[] = [];
    for (const { runId } of results(notebook)) {
      const outputs = await trainer.logits(runId, 'test', 'last');
      tested.push(...(outputs?.rowIds ?? []));
    }
    expect(tested.sort((a, b) => a - b)).toEqual(Array.from({ length: rowCount }, (_, row) => row));
  });

  it('picks thresholds in several ways on one run', async () => {
    const experiment = experimentOf('picking', { withReference: true });
    const notebook = notebookWith(experiment);
    const { queue, started } = tab(notebook, memoryRunStorage());
    queue.want(experiment.id);
    await queue.run({});
    expect(states(notebook)).toEqual(Array.from({ length: 10 }, () => 'done'));
    expect(started).toHaveLength(1);
    const [fixed, global, , expected] = results(notebook);
    expect(
      new Set(
        results(notebook)
          .slice(0, 5)
          .map(({ runId }) => runId),
      ).size,
    ).toBe(1);
    const scores = results(notebook).slice(0, 5).map((result) => JSON.stringify(result.scores)); // prettier-ignore
    expect(new Set(scores).size).toBeGreaterThan(1);
    // One threshold by validation micro-F1 is what the tuned scores are, up to the finer grid.
    expect(global?.scores.microF1).toBeCloseTo(fixed?.tuned?.scores.microF1 ?? 0, 1);
    expect(expected?.scores.microF1).toBeGreaterThan(fixed?.allZero.microF1 ?? 1);
    // The reference answers validation rows too, and is judged on the same test rows.
    const reference = results(notebook)[6];
    expect(reference?.rowsHash).toBe(fixed?.rowsHash);
    expect(reference?.tuned).not.toBeNull();
  });

  it('compares label encodings of the reference with their price', async () => {
    const experiment = experimentOf('encodings', {
      encodingIds: ['binary', 'chain', 'chains', 'minimum'],
      withReference: true,
    });
    const notebook = notebookWith({
      ...experiment,
      base: { ...base, labels: { ...base.labels, threshold: 10 } },
      variants: experiment.variants.filter(({ kind }) => kind === 'reference'),
    });
    const { queue } = tab(notebook, memoryRunStorage());
    queue.want(experiment.id);
    await queue.run({});
    expect(states(notebook)).toEqual(['done', 'done', 'done', 'done']);
    const [binary, chain, chains, minimum] = results(notebook);
    expect(chain?.cost?.parameters).toBeGreaterThan(binary?.cost?.parameters ?? Infinity);
    expect(chains?.cost?.parameters).toBeGreaterThan(4 * (chain?.cost?.parameters ?? Infinity));
    // Every row of “rare” is one of “baking”: the reference learns it, a hierarchy keeps to it.
    expect(binary?.cost?.edges).toBe(1);
    expect(minimum?.cost).toMatchObject({ edges: 1, contradicted: 0, predictedAlone: 0 });
    expect(new Set(results(notebook).map(({ rowsHash }) => rowsHash)).size).toBe(1);
  });
});

function withSteps(maxSteps: number): NotebookParameters {
  const { training } = base;
  return { ...base, training: { ...training, hyperparameters: { ...training.hyperparameters, maxSteps } } };
}
