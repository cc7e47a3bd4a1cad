import { isAbort } from '../../base/errors.ts';
import { throwIfAborted, throttled, type Progress } from '../../base/progress.ts';
import { inSteps, type Steps } from '../../base/steps.ts';
import type { MinerRow } from '../../core/embedding/uses/hardNegatives.ts';
import { loadTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { trainWordPiece } from '../../core/tokenizer/wordPieceTrainer.ts';
import type { TokenizerFiles } from '../../core/tokenizer/xlnet.ts';
import { scratchBert } from '../../models/bert/scratch.ts';
import type { ContrastiveModel, ContrastiveOptions } from '../../models/contrastive.ts';
import type { ModelFiles, ModelSource } from '../../models/files/sources.ts';
import { createZipBlob } from '../../models/files/zipWriter.ts';
import type { WeightSource } from '../../models/weights.ts';
import type { RunControl } from '../../training/control.ts';
import { trainContrastive } from '../../training/contrastive/loop.ts';
import {
  assertContrastiveRows,
  assertContrastiveSettings,
  contrastiveSteps,
  stepShape,
} from '../../training/contrastive/settings.ts';
import type {
  ContrastivePoint,
  ContrastiveRows,
  ContrastiveSettings,
} from '../../training/contrastive/types.ts';
import type { EmbedRequest } from '../embedder/contract.ts';
import type { RunLocks } from '../storage/locks.ts';
import { createOwnership } from '../storage/ownership.ts';
import type { StoredFolders } from '../storage/storedFolders.ts';
import type {
  EmbedderTunerService,
  TunedEncoder,
  TuningData,
  TuningReport,
  TuningRequest,
} from './contract.ts';
import { exportedFiles } from './exportFolder.ts';
import { TuningError, tuningRefusals } from './errors.ts';
import { curvesFile, tuningLibrary } from './library.ts';

/** What the service is made of; the browser's set is in browser.ts. */
export interface TunerDependencies {
  readonly storage: StoredFolders;
  readonly locks: RunLocks;
  open(
    source: ModelSource,
    options: { signal: AbortSignal; onProgress: (progress: Progress) => void },
  ): Promise<ModelFiles>;
  /** Makes the model on the device that the request asks for. */
  create(
    options: Omit<ContrastiveOptions, 'lowering'>,
    lowering: TuningRequest['lowering'],
  ): Promise<{ readonly model: ContrastiveModel; readonly device: string }>;
  /** The embedder's own way from texts to token ids: what is tuned is what will be read. */
  tokens(
    texts: readonly string[],
    tokenizer: ReturnType<typeof loadTokenizer>,
    request: EmbedRequest,
  ): Steps<{ readonly ids: Int32Array; readonly offsets: Uint32Array }>;
  newId(): string;
  now(): number;
  /** See `ContrastiveRun`. */
  readonly reportEveryMs?: number;
}

type Report = (report: TuningReport) => void;
interface Task {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** The tuner. Runs in workers/embedderTuner.ts, one run at a time, each owned by a lock that dies with the tab. */
export function createEmbedderTuner(dependencies: TunerDependencies): EmbedderTunerService {
  const library = tuningLibrary(dependencies.storage);
  const ownership = createOwnership(dependencies.locks, tuningRefusals);

  async function run(
    first: TunedEncoder,
    settings: ContrastiveSettings,
    rows: ContrastiveRows,
    model: ContrastiveModel,
    control: RunControl,
    onReport: Report,
    { signal, onProgress }: Task,
  ): Promise<TunedEncoder> {
    const startedAt = dependencies.now();
    const stop = () => control.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const report = throttled(onProgress);
    let last: ContrastivePoint | null = null;
    try {
      const { id } = first;
      const outcome = await trainContrastive({
        model,
        rows,
        settings,
        seed: first.seed,
        files: library.files(id),
        control,
        ...(dependencies.reportEveryMs === undefined ? {} : { reportEveryMs: dependencies.reportEveryMs }),
        onEvent(event) {
          onReport(event);
          if (event.kind === 'steps') last = event.points.at(-1) ?? last;
          if (event.kind === 'steps')
            report({
              phase: 'tuning',
              done: event.points.at(-1)?.step ?? 0,
              total: event.totalSteps,
              unit: 'steps',
            });
        },
      });
      const { step, state, points } = outcome;
      if (step === 0) {
        await library.discard(id);
        throwIfAborted(signal);
      }
      const elapsedMs = first.elapsedMs + dependencies.now() - startedAt;
      const record: TunedEncoder = { ...first, state, step, elapsedMs, ...lastMeans(points) };
      if (step > 0) await library.writeWeights(id, await model.mergedWeights());
      await library.writeRecord(record);
      if (state === 'done') await library.tidy(id);
      onReport({ kind: 'encoder', encoder: record });
      return record;
    } catch (error) {
      if (!isAbort(error)) await keep(first, model, last);
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      model.dispose();
    }
  }

  /** After a failure: the model as its last good step left it, where it can still be read. */
  async function keep(first: TunedEncoder, model: ContrastiveModel, last: ContrastivePoint | null) {
    if (!last) return first.step === 0 ? library.discard(first.id) : undefined;
    const { step } = last;
    try {
      await library.writeWeights(first.id, await model.mergedWeights());
      await library.writeRecord({ ...first, state: 'stopped', step, ...lastMeans([last]) });
    } catch {
      // A lost device or a full disk: the last checkpoint is what there is.
    }
    return undefined;
  }

  return {
    start(request, data, onReport, onProgress, signal) {
      const id = dependencies.newId();
      return ownership.whileOwning(id, async (control) => {
        const { settings, seed, maxLength, template } = request;
        assertContrastiveSettings(settings);
        const task = { signal, onProgress };
        const origin = await open(request, data, task);
        throwIfAborted(signal);
        const { ids, offsets } = await tokenised(request, data.texts, origin.tokenizer, task);
        const categories = settings.method === 'pie' ? minerRows(data) : null;
        const rows: ContrastiveRows = { ids, offsets, categories };
        assertContrastiveRows(rows, settings.method);
        const { model, device } = await dependencies.create(
          modelOptions(origin.config, origin.weights, settings, offsets, seed),
          request.lowering,
        );
        const record: TunedEncoder = {
          id,
          name: request.name,
          createdAt: new Date(dependencies.now()).toISOString(),
          state: 'running',
          step: 0,
          totalSteps: contrastiveSteps(settings, data.texts.length),
          startedFrom: origin.name,
          rows: data.texts.length,
          template,
          maxLength,
          settings,
          seed,
          dataHash: request.dataHash,
          device,
          elapsedMs: 0,
          loss: null,
          alignment: null,
          uniformity: null,
        };
        try {
          const { start: _, ...kept } = request;
          await library.writeRun(id, { request: kept, config: origin.config }, origin.tokenizer, rows);
          await library.writeRecord(record);
        } catch (error) {
          model.dispose();
          await library.discard(id).catch(() => undefined);
          throw error;
        }
        onReport({ kind: 'encoder', encoder: record });
        return run(record, settings, rows, model, control, onReport, task);
      });
    },

    resume(id, onReport, onProgress, signal) {
      return ownership.whileOwning(id, async (control) => {
        const record = await library.readRecord(id);
        if (record.state === 'done')
          throw new TuningError(
            'tuning-finished',
            'This tuning is finished.',
            'Start a new one with more epochs.',
          );
        const { rows, config, request } = await library.readRun(id);
        // A checkpoint holds every parameter; before the first, what was to be tuned is not kept.
        const names = await library.files(id).list();
        if (record.startedFrom !== 'fresh' && !names.some((name) => name.startsWith('checkpoint-')))
          throw new TuningError(
            'tuning-damaged',
            'This tuning was cut off before its first checkpoint.',
            'Start it again, with a checkpoint after fewer steps.',
          );
        onReport({ kind: 'encoder', encoder: { ...record, state: 'running' } });
        const { model, device } = await dependencies.create(
          modelOptions(config, null, record.settings, rows.offsets, record.seed),
          request.lowering,
        );
        const first = { ...record, state: 'running', device } as const;
        return run(first, record.settings, rows, model, control, onReport, { signal, onProgress });
      });
    },

    async list() {
      const encoders = await library.list();
      const underWay = await Promise.all(
        encoders.map(({ id, state }) => state !== 'done' && ownership.isOwned(id)),
      );
      return encoders.map((encoder, at) => Object.assign({ isUnderWay: underWay[at] === true }, encoder));
    },
    async curves(id) {
      const blob = await library.files(id).read(curvesFile);
      return blob ? (JSON.parse(await blob.text()) as ContrastivePoint[]) : [];
    },
    remove: (id) => ownership.whileIdle(id, () => library.remove(id)),
    restore: (id) => ownership.whileIdle(id, () => library.restore(id)),
    async exportZip(id, weights) {
      const record = await library.readRecord(id);
      const zip = createZipBlob();
      for await (const [name, content] of exportedFiles(library, record, weights))
        await zip.add(name, content);
      return zip.finish();
    },
  };

  async function open(
    { start, settings, maxLength, template }: TuningRequest,
    data: TuningData,
    task: Task,
  ): Promise<Origin> {
    if (start.kind === 'model') {
      const { name, config, tokenizer, weights } = await dependencies.open(start.source, task);
      return { name, config, tokenizer, weights };
    }
    task.onProgress({ phase: 'learning a vocabulary', done: 0, total: null, unit: 'tokens' });
    const { vocabularySize, ...tokenizer } = trainWordPiece([...data.texts, template], {
      vocabularySize: start.vocabularySize,
      ...task,
    });
    const size = { ...start.size, positions: Math.max(start.size.positions, maxLength) };
    const dropout = settings.dropout ?? size.dropout;
    return {
      name: 'fresh',
      config: scratchBert(vocabularySize, { ...size, dropout }),
      tokenizer,
      weights: null,
    };
  }

  async function tokenised(
    { template, maxLength, settings }: TuningRequest,
    texts: readonly string[],
    files: TokenizerFiles & { readonly maxTokens?: number },
    task: Task,
  ) {
    const limit = Math.min(maxLength, files.maxTokens ?? maxLength);
    const request = { template, addPeriod: true, maxLength: limit, pooling: settings.pooling };
    const steps = dependencies.tokens(texts, loadTokenizer(files), request);
    return inSteps('tokenising', texts.length, steps, task);
  }
}

interface Origin {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokenizer: TokenizerFiles & { readonly maxTokens?: number };
  readonly weights: WeightSource | null;
}

function modelOptions(
  config: unknown,
  weights: WeightSource | null,
  settings: ContrastiveSettings,
  offsets: Uint32Array,
  seed: number,
): Omit<ContrastiveOptions, 'lowering'> {
  const { dropout, pooling, temperature, trained } = settings;
  const shape = stepShape(settings, offsets);
  return { config, weights, ...shape, seed, dropout, pooling, temperature, ...(trained ? { trained } : {}) };
}

function minerRows({ pairs, categories }: TuningData): MinerRow[] {
  return categories.map((category, row) => ({ category, pair: pairs[row] ?? category }));
}

/** Over the last steps: a single one says little. */
function lastMeans(
  points: readonly ContrastivePoint[],
): Pick<TunedEncoder, 'loss' | 'alignment' | 'uniformity'> {
  const last = points.slice(-20);
  const mean = (key: 'loss' | 'alignment' | 'uniformity') =>
    last.length === 0 ? null : last.reduce((sum, point) => sum + point[key], 0) / last.length;
  return { loss: mean('loss'), alignment: mean('alignment'), uniformity: mean('uniformity') };
}
