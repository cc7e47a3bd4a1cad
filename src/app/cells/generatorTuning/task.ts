import { isAbort, toWire, VerbenaError } from '../../../base/errors.ts';
import { throwIfAborted } from '../../../base/progress.ts';
import { collect } from '../../../core/incubator/replies.ts';
import {
  examplesOf,
  holdOutPairs,
  nestedSubset,
  pairPrompt,
  sweepSizes,
  type PairSplit,
} from '../../../core/incubator/tuningSet/subsets.ts';
import { contentId, type TuningPair } from '../../../core/incubator/tuningSet/types.ts';
import { parseLabels } from '../../../core/incubator/labels.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import {
  readTuningSummary,
  thinned,
  type GeneratorTuningSummary,
  type Sweep,
  type SweepState,
  type TunedSummary,
  type TuningRun,
} from '../../../notebook/generatorTuning.ts';
import { record, type CellOutcome, type CellTask, type RunContext } from '../../../notebook/runner.ts';
import { defaultGeneration, defaultTuning, type DecoderInfo } from '../../../services/decoder/contract.ts';
import { createNextRun } from '../../nextRun.ts';
import { notebook, runner, version } from '../../runtime.ts';
import { decoderService, openGenerator } from '../incubator/generators.ts';
import { loadSets } from '../incubator/store.ts';
import { keepAdapterAtWork } from '../incubator/keptAdapters.ts';
import { tuningStore } from '../incubator/tuning.ts';
import { curveStore } from './curve.ts';
import { drawFromCorpus, loadPairs, usedPairs } from './store.ts';

export class GeneratorTuningError extends VerbenaError<'tuning-needs-decoder'> {}

/** Shares of a sweep. */
const shares = [1 / 8, 1 / 4, 1 / 2, 1] as const;
const shownReplies = 2;

/** One tuning on all pairs, a sweep over sizes, or what waits of one. */
type TuningKind = 'tune' | 'sweep' | 'continue';

const nextTuning = createNextRun<TuningKind>(() => runner.run('generatorTuning'));

/** Runs the cell; by itself it tunes once. */
export function startTuning(what: TuningKind): void {
  void nextTuning.start(what);
}

const keptTuning = (): GeneratorTuningSummary =>
  readTuningSummary(notebook.store.getState().results.generatorTuning?.summary);

export const runGeneratorTuning: CellTask = async (context): Promise<CellOutcome> => {
  const what = nextTuning.take() ?? 'tune';
  const { incubator, generatorTuning } = notebook.store.getState().parameters;
  if (incubator.generator !== 'decoder')
    throw new GeneratorTuningError(
      'tuning-needs-decoder',
      'Only Verbena’s own engine can be tuned in the tab.',
      'Choose “Verbena’s engine” as the generator, with a Llama, Mistral, Qwen or SmolLM model.',
    );
  await Promise.all([loadPairs(), loadSets()]);
  await drawFromCorpus(context);
  const split = holdOutPairs(usedPairs(), generatorTuning.heldOut, generatorTuning.seed);
  await openGenerator(incubator, context);
  if (what !== 'tune') return sweepOver(split, what === 'continue', context);
  const run = await tuneOn(split, context, { phase: 'Tuning', samples: true });
  return outcomeOf({ ...keptTuning(), run });
};

function outcomeOf(summary: GeneratorTuningSummary): CellOutcome {
  const { run, sweep } = summary;
  const tuned =
    run ?? sweep?.points.flatMap(({ state }) => (state.kind === 'done' ? [state.tuned] : [])).at(-1);
  const loss = tuned && (tuned.heldOutLoss?.after ?? tuned.lossAfter);
  return {
    headline: loss === undefined ? 'not tuned' : `loss ${formatNumber(loss, 3)}`,
    summary: summary as unknown as CellOutcome['summary'],
    isStopped: run?.isStopped ?? false,
    seed: notebook.store.getState().parameters.generatorTuning.seed,
    ...(tuned ? { model: tuned.model } : {}),
  };
}

/** One tuning among several, or the only one. */
interface TuningStage {
  /** As progress names it. */
  readonly phase: string;
  /** Draws replies before and after, and keeps the adapter: a sweep's points need neither. */
  readonly samples: boolean;
}

/** Tunes a fresh adapter on the training pairs. A stop keeps what was learned, and gives what there is to say of it. */
async function tuneOn(
  { training, heldOut }: PairSplit,
  { signal, onProgress }: RunContext,
  { phase, samples }: TuningStage,
): Promise<TuningRun> {
  const decoder = decoderService();
  const { generatorTuning: parameters, incubator } = notebook.store.getState().parameters;
  const startedAt = performance.now();
  // Replies before are those of the model as it was published: every tuning starts from it.
  const info = await decoder.dropAdapter();
  const instruction = incubator.instruction.trim() || (heldOut[0]?.description ?? '');
  const own = heldOut.find(({ description }) => description === instruction);
  const labels = own?.labels ?? incubator.labels ?? parseLabels(instruction).labels;
  const sampled = () => (samples ? sample({ description: instruction, labels }, shownReplies, signal) : []);
  const told = (what: string) => onProgress({ phase: what, done: 0, total: null, unit: 'outputs' });
  curveStore.setState({ steps: [] });
  told(`${phase}: replies before`);
  const before = await sampled();
  const parseBefore = samples ? await parseRate(heldOut, signal) : null;
  throwIfAborted(signal);
  const examples = examplesOf(training);
  const unseen = examplesOf(heldOut);
  const tuned = await decoder.tune(
    examples,
    {
      ...defaultTuning,
      rank: parameters.rank,
      alpha: parameters.alpha,
      dropout: parameters.dropout,
      learningRate: parameters.learningRate,
      epochs: parameters.epochs,
      batchSize: parameters.batchSize,
      maxLength: Math.min(parameters.maxLength, info.contextTokens),
      seed: parameters.seed,
      heldOut: unseen,
    },
    (step) => {
      curveStore.setState(({ steps }) => ({ steps: [...steps, step] }));
      onProgress({ phase, done: step.step, total: step.steps, unit: 'steps' }, step.etaMs);
    },
    signal,
  );
  tuningStore.setState({ info: tuned.info, steps: [], result: null });
  // Of a sweep only the last is kept, when all are made.
  if (samples && tuned.info.adapter !== null) await keepAdapterAtWork(plural(training.length, 'pair'));
  if (!signal.aborted) told(`${phase}: replies after`);
  const after = signal.aborted ? [] : await sampled();
  const parseAfter = signal.aborted ? null : await parseRate(heldOut, signal);
  return {
    model: nameOf(info),
    parameters: info.parameters,
    trainedParameters: tuned.trainedParameters,
    pairs: training.length,
    examples: examples.length,
    heldOutPairs: heldOut.length,
    heldOutExamples: unseen.length,
    updates: tuned.steps.length,
    lossBefore: tuned.lossBefore,
    lossAfter: tuned.lossAfter,
    heldOutLoss: tuned.heldOutLoss,
    cut: tuned.cutExamples,
    isStopped: tuned.aborted,
    elapsedMs: performance.now() - startedAt,
    parse: { before: parseBefore, after: parseAfter, replies: parameters.replies },
    curve: thinned(
      tuned.steps.map(({ step, loss, learningRate, tokens }) => ({ step, loss, learningRate, tokens })),
    ),
    instruction,
    before,
    after,
  };
}

const nameOf = ({ name }: DecoderInfo) => name;

type Asked = Pick<TuningPair, 'description' | 'labels'>;

/** Replies to one description, free of constraints: what the model itself has learned. */
async function sample(asked: Asked, count: number, signal: AbortSignal): Promise<readonly string[]> {
  const { incubator, generatorTuning } = notebook.store.getState().parameters;
  const texts: string[] = [];
  for (let at = 0; at < count && !signal.aborted; at++) {
    const { replies } = await decoderService().generate(
      pairPrompt(asked),
      {
        ...defaultGeneration,
        temperature: incubator.temperature,
        topP: incubator.topP,
        minP: incubator.minP,
        maxTokens: incubator.replyTokens,
        seed: generatorTuning.seed + at,
      },
      () => undefined,
      signal,
    );
    const reply = replies[0];
    if (reply && reply.finish !== 'aborted') texts.push(reply.text);
  }
  return texts;
}

/** Share of replies to held-out descriptions that hold an object with exactly the asked keys. */
async function parseRate(heldOut: readonly TuningPair[], signal: AbortSignal): Promise<number | null> {
  const { replies: count } = notebook.store.getState().parameters.generatorTuning;
  let [parsed, asked] = [0, 0];
  for (let at = 0; at < count && !signal.aborted; at++) {
    const pair = heldOut[at % heldOut.length];
    const [text] = pair ? await sample(pair, 1, signal) : [];
    if (!pair || text === undefined) continue;
    asked++;
    if (collect([{ text, finish: 'end' }], { labels: pair.labels }).kept.length > 0) parsed++;
  }
  return asked === 0 ? null : parsed / asked;
}

/** Stands for what a sweep's points have in common. */
function sweepKey({ training, heldOut }: PairSplit): string {
  const { generatorTuning, incubator } = notebook.store.getState().parameters;
  const { rank, alpha, dropout, learningRate, epochs, batchSize, maxLength, seed } = generatorTuning;
  const settings = { rank, alpha, dropout, learningRate, epochs, batchSize, maxLength, seed };
  const ids = [...training, ...heldOut].map(({ id, description }) => `${id}${description}`);
  return contentId(...ids, JSON.stringify(settings), JSON.stringify(incubator.decoder));
}

/** Tunes on nested subsets, smallest first; each point is in the document before the next begins. The last adapter stays at work. */
async function sweepOver(split: PairSplit, goesOn: boolean, context: RunContext): Promise<CellOutcome> {
  const { signal } = context;
  const { seed } = notebook.store.getState().parameters.generatorTuning;
  const key = sweepKey(split);
  const before = keptTuning().sweep;
  const waiting = { kind: 'waiting' } as const;
  let sweep: Sweep =
    goesOn && before?.key === key
      ? before
      : {
          startedAt: new Date().toISOString(),
          key,
          points: sweepSizes(split.training.length, shares).map((pairs) => ({ pairs, state: waiting })),
        };
  const keep = (at: number, state: SweepState) => {
    sweep = {
      ...sweep,
      points: sweep.points.map((point, own) => (own === at ? { ...point, state } : point)),
    };
    write(sweep);
  };
  write(sweep);
  for (const [at, { pairs, state }] of sweep.points.entries()) {
    if (state.kind === 'done') continue;
    throwIfAborted(signal);
    const phase = `${plural(pairs, 'pair')} (${at + 1} of ${sweep.points.length})`;
    const training = nestedSubset(split.training, pairs, seed);
    try {
      const run = await tuneOn({ training, heldOut: split.heldOut }, context, { phase, samples: false });
      // Half a tuning is no point of the curve; it waits to be done anew.
      throwIfAborted(signal);
      keep(at, { kind: 'done', tuned: withoutCurve(run) });
    } catch (error) {
      if (isAbort(error) || signal.aborted) throw error;
      keep(at, { kind: 'failed', error: toWire(error) });
    }
  }
  const last = sweep.points.at(-1);
  if (last?.state.kind === 'done' && tuningStore.getState().info?.adapter)
    await keepAdapterAtWork(`${plural(last.pairs, 'pair')}, the last of a curve`);
  return outcomeOf({ ...keptTuning(), sweep });
}

function withoutCurve(run: TuningRun): TunedSummary {
  const { curve: _curve, before: _before, after: _after, instruction: _instruction, ...tuned } = run;
  return tuned;
}

function write(sweep: Sweep): void {
  record(notebook, 'generatorTuning', outcomeOf({ ...keptTuning(), sweep }), {
    inputs: notebook.inputs('generatorTuning'),
    version,
    device: tuningStore.getState().info?.device ?? 'this page',
    startedAtMs: Date.now(),
    durationMs: sweep.points.reduce(
      (sum, { state }) => sum + (state.kind === 'done' ? state.tuned.elapsedMs : 0),
      0,
    ),
  });
}
