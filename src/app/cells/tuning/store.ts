import { createStore } from 'zustand/vanilla';
import { isAbort, VerbenaError } from '../../../base/errors.ts';
import { ownTemplate, promptTemplates } from '../../../core/embedding/prompts.ts';
import { parseCategories, categoryKey } from '../../../core/verbNoun/category.ts';
import { scratchDefaults } from '../../../models/bert/scratch.ts';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import type { EmbeddingParameters, TuningParameters } from '../../../notebook/parameters.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { connectEmbedderTuner } from '../../../services/embedderTuner/client.ts';
import type {
  ContrastivePoint,
  ListedEncoder,
  TunedEncoder,
  TuningData,
  TuningReport,
  TuningRequest,
} from '../../../services/embedderTuner/contract.ts';
import { contrastiveDefaults } from '../../../training/contrastive/settings.ts';
import { openedModel } from '../../modelFiles.ts';
import { createNextRun } from '../../nextRun.ts';
import { notebook, runner } from '../../runtime.ts';
import { once } from '../../services.ts';
import { toastError } from '../../toasts.ts';
import { truthOf } from '../clusters/store.ts';
import { currentInstructions, finalCategories, type Instructions } from '../instructions/store.ts';
import { modelName } from '../../../notebook/modelChoice.ts';

export class TuningCellError extends VerbenaError<'no-categories'> {}

export const tunerService = once(connectEmbedderTuner);

/** Curves on screen: of the run under way, or of one that was asked for. */
export interface ShownRun {
  readonly encoder: TunedEncoder;
  readonly points: readonly ContrastivePoint[];
  readonly isLive: boolean;
}

interface TuningState {
  /** Null until the library has been read. */
  readonly encoders: readonly ListedEncoder[] | null;
  readonly shown: ShownRun | null;
}

export const tuningStore = createStore<TuningState>(() => ({ encoders: null, shown: null }));

/** Reads the tuned encoders that this browser keeps. */
export async function refreshEncoders(): Promise<void> {
  tuningStore.setState({ encoders: await tunerService().list() });
}

export async function showCurves(encoder: TunedEncoder): Promise<void> {
  const points = await tunerService().curves(encoder.id);
  tuningStore.setState({ shown: { encoder, points, isLive: false } });
}

/** Asked of the next run of the task: to go on with this tuning instead of starting one. */
const continued = createNextRun<string>(() => runner.run('tuning'));

/** Goes on with a tuning that was stopped or cut off. */
export function continueTuning(id: string): void {
  void continued.start(id);
}

export async function runTuning({ signal, onProgress }: RunContext): Promise<CellOutcome> {
  const id = continued.take();
  const service = tunerService();
  let earlier: readonly ContrastivePoint[] | null = null;
  const report = (event: TuningReport) => {
    const { shown } = tuningStore.getState();
    if (event.kind === 'encoder') {
      const { encoder } = event;
      const drawn = shown?.encoder.id === encoder.id ? shown.points : [];
      const points = earlier?.slice(0, encoder.step) ?? drawn;
      earlier = null;
      tuningStore.setState({ shown: { encoder, points, isLive: encoder.state === 'running' } });
    } else if (event.kind === 'steps' && shown) {
      const last = event.points.at(-1);
      const encoder = { ...shown.encoder, step: last?.step ?? 0 };
      tuningStore.setState({ shown: { encoder, points: [...shown.points, ...event.points], isLive: true } });
      const progress = {
        phase: 'tuning',
        done: encoder.step,
        total: event.totalSteps,
        unit: 'steps',
      } as const;
      onProgress(progress, event.etaMs);
    }
  };
  const before = (progress: Parameters<typeof onProgress>[0]) => {
    // Steps are reported with what the loop knows of the time that remains.
    if (progress.phase !== 'tuning') onProgress(progress);
  };
  try {
    let made: TunedEncoder;
    if (id === null) {
      const { request, data } = asked();
      made = await service.start(request, data, report, before, signal);
    } else {
      earlier = await service.curves(id);
      made = await service.resume(id, report, before, signal);
    }
    return outcomeOf(made);
  } finally {
    const { shown } = tuningStore.getState();
    if (shown) tuningStore.setState({ shown: { ...shown, isLive: false } });
    await refreshEncoders().catch((error: unknown) => (isAbort(error) ? undefined : toastError(error)));
  }
}

function outcomeOf(made: TunedEncoder): CellOutcome {
  const { id, name, step, totalSteps, state, loss, alignment, uniformity, rows, seed, device } = made;
  return {
    headline:
      state === 'done' ? `loss ${loss === null ? '–' : formatNumber(loss, 3)}` : `step ${formatCount(step)}`,
    summary: { id, name, step, totalSteps, loss, alignment, uniformity, rows },
    isStopped: state !== 'done' && step < totalSteps,
    seed,
    model: made.startedFrom === 'fresh' ? 'a fresh encoder' : made.startedFrom,
    device,
  };
}

/** What the settings and the open data come to. Throws `no-categories`, `template-invalid`, `model-folder-missing`. */
function asked(): { readonly request: TuningRequest; readonly data: TuningData } {
  const { tuning } = notebook.store.getState().parameters;
  const instructions = currentInstructions();
  if (!instructions) throw noCategories('The categories of these instructions are not found yet.');
  const data = tuningData(instructions, tuning);
  if (data.texts.length === 0) throw noCategories('No instruction has a category.');
  return { data, request: requestOf(tuning, data, instructions.dataHash) };
}

function noCategories(message: string): TuningCellError {
  return new TuningCellError('no-categories', message, 'Run the Task categories cell, or tune by SimCSE.');
}

/** Texts with categories; under SimCSE every text, once. */
export function tuningData(instructions: Instructions, { method, truth }: TuningParameters): TuningData {
  if (method === 'simcse') return { texts: [...new Set(instructions.texts)], pairs: [], categories: [] };
  const reading = notebook.store.getState().parameters.instructions;
  const final = finalCategories(instructions, reading);
  const { rows, names } = truthOf(instructions, truth, final, reading);
  const pairOf = (category: string, row: number) => {
    const pairs = parseCategories(category).map(categoryKey);
    const found = final[row];
    // Of merged pairs the one that the text itself names: it decides which negatives are hard.
    return found && pairs.includes(categoryKey(found)) ? categoryKey(found) : (pairs[0] ?? category);
  };
  return {
    texts: Array.from(rows, (row) => instructions.texts[row] ?? ''),
    pairs: Array.from(rows, (row, i) => pairOf(names[i] ?? '', row)),
    categories: names,
  };
}

/** What the tuning cell's settings ask for over these texts. Throws `template-invalid`, `model-folder-missing`. */
export function requestOf(tuning: TuningParameters, data: TuningData, dataHash: string): TuningRequest {
  const { method, width, layers, maxLength, vocabularySize, loraRank, seed } = tuning;
  const start: TuningRequest['start'] =
    tuning.start === 'scratch'
      ? {
          kind: 'scratch',
          vocabularySize,
          // Heads of 32, and twice the width inside: what the benchmark's own bar was met with.
          size: {
            ...scratchDefaults,
            layers,
            width,
            inner: 2 * width,
            heads: Math.max(1, Math.floor(width / 32)),
          },
        }
      : { kind: 'model', source: openedModel(tuning.model) };
  const { pooling, batchSize, epochs, maxSteps, learningRate, temperature, hardNegatives } = tuning;
  const { masksSameCategory, dropout, budgetTokens, gradientCaching } = tuning;
  const lora = loraRank === null ? null : { rank: loraRank, alpha: 2 * loraRank, dropout: 0.05, targets: [] };
  return {
    name: nameOf(tuning, data.texts.length),
    start,
    template: templateOf(tuning),
    maxLength,
    settings: {
      ...contrastiveDefaults,
      method,
      pooling,
      batchSize,
      epochs,
      maxSteps,
      learningRate,
      temperature,
      hardNegatives,
      masksSameCategory,
      dropout,
      budgetTokens,
      gradientCaching,
      ...(lora ? { trained: { frozen: [], lora } } : {}),
    },
    seed,
    lowering: 'auto',
    dataHash,
  };
}

function nameOf({ start, model, layers, width, method, seed }: TuningParameters, rows: number): string {
  const from = start === 'scratch' ? `${plural(layers, 'layer')} × ${width}` : modelName(model);
  return `${method === 'pie' ? 'PIE' : 'SimCSE'} · ${from} · ${plural(rows, 'text')} · seed ${seed}`;
}

function templateOf({ prompt, ownTemplate: own }: TuningParameters): string {
  return (promptTemplates.find(({ id }) => id === prompt) ?? ownTemplate(own)).template;
}

/** Settings with which the embedding cell reads a tuned encoder as it was tuned. */
export function readingOf({
  id,
  name,
  template,
  settings,
  maxLength,
}: TunedEncoder): Partial<EmbeddingParameters> {
  const prompt = promptTemplates.find((known) => known.template === template);
  return {
    embedder: 'encoder',
    model: { kind: 'tuned', id, name },
    pooling: settings.pooling,
    maxLength,
    ...(prompt ? { prompt: prompt.id } : { prompt: 'own', ownTemplate: template }),
  };
}
