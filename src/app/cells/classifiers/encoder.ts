import { throwIfAborted } from '../../../base/progress.ts';
import { classificationReport } from '../../../core/incubator/classifier/evaluation.ts';
import { classProbabilities } from '../../../core/incubator/classifier/probabilities.ts';
import { holdOut, labelledTexts } from '../../../core/incubator/classifier/rows.ts';
import { noCleaning } from '../../../core/text/steps.ts';
import { random } from '../../../base/random.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import type { ClassifierCard } from '../../../services/miner/contract.ts';
import type { TokenTable } from '../../../services/text/contract.ts';
import type { RunSummary, TrainingData } from '../../../services/trainer/contract.ts';
import { notebook } from '../../runtime.ts';
import { textService } from '../../services.ts';
import type { PublishedSet } from '../incubator/store.ts';
import { cleaningOf } from '../predict/store.ts';
import { loadTokenizer } from '../text/tokenizers.ts';
import { newRunId, specOf } from '../training/task.ts';
import { trainerService, trainingSession } from '../training/trainer.ts';

// Encoders of the engine as incubated classifiers: runs of the trainer, with one label a text.

/**
 * Trains the Text cell's model on a generated set with the Training cell's settings, but by the cross-entropy of the softmax over classes, as
 * Incubator does: a generated text has one class. Of the held-out objects one half chooses the best step, the other half judges.
 */
export async function trainEncoder(
  published: PublishedSet,
  name: string,
  context: RunContext,
): Promise<ClassifierCard> {
  const { parameters } = notebook.store.getState();
  const { heldOut: share, seed } = parameters.classifiers;
  const { set } = published;
  const { training, heldOut } =
    share > 0 ? holdOut(set, share, seed) : { training: set, heldOut: { ...set, samples: [] } };
  const half = heldOut.samples.length >> 1;
  const parts = [
    training,
    { ...set, samples: heldOut.samples.slice(0, half) },
    { ...set, samples: heldOut.samples.slice(half) },
  ].map(labelledTexts);
  const texts = parts.flatMap((part) => part.texts);
  const classOf = parts.flatMap((part) => [...part.classOf]);
  const bounds = [0, parts[0]?.texts.length ?? 0, 0, texts.length];
  bounds[2] = (bounds[1] ?? 0) + (parts[1]?.texts.length ?? 0);
  const rowsOf = (part: number) => range(bounds[part] ?? 0, bounds[part + 1] ?? 0);
  const tokens = await tokensOf(texts, await loadTokenizer(parameters.text.model, context), context);
  const data: TrainingData = {
    dataHash: `incubator-${published.id}`,
    tokens,
    split: { train: random(seed, 1).shuffle(rowsOf(0)), validation: rowsOf(1), test: rowsOf(2) },
    labels: set.labels,
    targetOffsets: range(0, texts.length + 1),
    targetIds: Uint32Array.from(classOf),
  };
  const spec = specOf(parameters, newRunId());
  const { encoding: _encoding, ...settings } = spec.hyperparameters;
  const hyperparameters = { ...settings, loss: { kind: 'cross-entropy' } } as const;
  const run = await trainingSession().start({ ...spec, hyperparameters }, data, context);
  throwIfAborted(context.signal);
  const card = cardOfRun(run, name);
  const judged = bounds[2] < texts.length ? await trainerService().logits(run.runId, 'test', 'best') : null;
  const report =
    judged &&
    classificationReport(
      set.labels,
      probabilitiesOfRun(judged.logits, set.labels.length),
      Uint32Array.from(judged.rowIds, (row) => classOf[row] ?? 0),
    );
  return {
    ...card,
    instruction: set.instruction,
    setId: published.id,
    rows: bounds[1] ?? 0,
    dropped: parts.reduce((sum, part) => sum + part.dropped, 0),
    heldOut: report,
    seed,
  };
}

/** A finished run as a classifier: each of its labels is a concept. */
export function cardOfRun(run: RunSummary, name: string): ClassifierCard {
  return {
    // Another best step is another classifier.
    id: `run-${run.runId}-${run.bestStep ?? run.step}`,
    name,
    labels: run.labels,
    kind: 'encoder',
    normalisation: run.hyperparameters.loss?.kind === 'cross-entropy' ? 'softmax' : 'sigmoid',
    spec: null,
    runId: run.runId,
    modelName: run.modelName,
    instruction: '',
    setId: null,
    rows: 0,
    dropped: 0,
    heldOut: null,
    seed: run.seed,
    createdAt: run.createdAt,
    elapsedMs: run.elapsedMs,
  };
}

/**
 * Class probabilities `[texts, labels]`, rows of sum 1, of a run's log-odds. The trainer gives log-odds whatever the loss: of a run under
 * cross-entropy their sigmoids are its softmax, and stay as they are; of an older run, one class against the rest, they are scaled.
 */
export function probabilitiesOfRun(logOdds: Float32Array, labels: number): Float32Array {
  return classProbabilities(logOdds, labels, 'sigmoid');
}

/** Logits `[texts, labels]` of a run: the log-odds of each label. Throws what predicting throws, `aborted`. */
export async function logitsOfRun(
  runId: string,
  labels: number,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array> {
  const trainer = trainerService();
  const session = trainingSession();
  if (session.store.getState().runs === null) await session.refresh();
  const run = session.store.getState().runs?.find((each) => each.runId === runId);
  const tokenizer = await trainer.tokenizer(runId);
  const isIncubated = run?.dataHash.startsWith('incubator-') ?? false;
  const cleaning = isIncubated || !run ? noCleaning : (await cleaningOf(run)).cleaning;
  const tokens = await textService().tokenizeRows(
    range(0, texts.length),
    texts,
    cleaning,
    tokenizer,
    run?.hyperparameters.maxLength ?? 128,
    () => undefined,
    signal,
  );
  const logits = new Float32Array(texts.length * labels);
  let done = 0;
  const take = (batch: { readonly rows: Uint32Array; readonly logits: Float32Array }) => {
    batch.rows.forEach((row, b) =>
      logits.set(batch.logits.subarray(b * labels, (b + 1) * labels), row * labels),
    );
    done += batch.rows.length;
  };
  await trainer.predict(runId, tokens, take, signal);
  // Messages of batches and the answer take ways of their own: the last batches may still be on theirs.
  while (done < texts.length) {
    throwIfAborted(signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return logits;
}

async function tokensOf(
  texts: readonly string[],
  tokenizer: Awaited<ReturnType<typeof loadTokenizer>>,
  { onProgress, signal }: RunContext,
): Promise<TokenTable> {
  const { maxLength } = notebook.store.getState().parameters.text;
  return textService().tokenizeRows(
    range(0, texts.length),
    texts,
    noCleaning,
    tokenizer,
    maxLength,
    onProgress,
    signal,
  );
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}
