import { nextTask } from '../../base/breath.ts';
import { throwIfAborted } from '../../base/progress.ts';
import { serialQueue } from '../../base/serialQueue.ts';
import { crossEntropyLoss } from '../../models/loss.ts';
import type { TrainableModel } from '../../models/trainable.ts';
import { assertVocabulary, capacityOf, limitsOf, packBatch, packSequences } from '../../training/batches.ts';
import { encodingOf } from '../../training/encoding.ts';
import { planEvaluation, type PackingLimits } from '../../training/packing.ts';
import type { TokenRows } from '../../training/types.ts';
import {
  noSpecials,
  poolWindows,
  windowsOf,
  windowTable,
  type Windows,
  type WindowTable,
} from '../../training/windows.ts';
import type { DeviceReport, PredictedBatch, Prediction } from './contract.ts';
import type { TrainerDependencies } from './dependencies.ts';
import { TrainerError } from './errors.ts';
import { runKernels } from './kernels.ts';
import { readData } from './runData.ts';
import { openRunWeights, readModelFiles } from './runWeights.ts';
import type { RunRegistry } from './registry.ts';

/** A run's model, standing in memory. */
interface Standing {
  readonly runId: string;
  readonly step: number;
  readonly labels: readonly string[];
  readonly device: DeviceReport;
  readonly model: TrainableModel;
  readonly vocabularySize: number | null;
  readonly limits: PackingLimits;
  /** Longer texts are read in windows; null: whole, or in segments. */
  readonly windows: Windows | null;
}

/** Runs' best weights put to use: one model stands at a time, and goes when it has been idle. */
export interface Predictor {
  /** Logits of token rows, batch by batch as they come. Throws what opening and building throw, `no-weights`, `aborted`. */
  predict(
    runId: string,
    tokens: TokenRows,
    onBatch: (batch: PredictedBatch) => void,
    signal: AbortSignal,
  ): Promise<Prediction>;
  /** Frees the device before a training begins; what is under way ends with `prediction-ended` after its pass. */
  release(): Promise<void>;
}

/** Packed tokens a pass: enough to fill a device, little enough for progress to move. */
const passTokens = 2048;
const passSequences = 64;

export function createPredictor(
  dependencies: TrainerDependencies,
  registry: RunRegistry,
  /** After so long without a question the model goes. */
  idleMs = 60_000,
): Predictor {
  let standing: Standing | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts releases: who began before one has to go. */
  let releases = 0;
  const drop = () => {
    clearTimeout(timer);
    standing?.model.dispose();
    standing = null;
  };
  const inOrder = serialQueue();

  async function stand(runId: string, longest: number, signal: AbortSignal): Promise<Standing> {
    const record = await registry.record(runId);
    const files = dependencies.storage.files(runId);
    const { config } = await readModelFiles(files);
    const weights = await openRunWeights(files, await registry.history(runId), record, config);
    // A run that has been trained on since has other best weights.
    const known = standing;
    const { memoryLength } = capacityOf(record.hyperparameters);
    const isRead = ({ limits, windows }: Standing) =>
      Math.min(longest, windows?.size ?? limits.longestPiece ?? longest) <= limits.budgetTokens;
    if (known?.runId === runId && known.step === weights.step && isRead(known)) return known;
    drop();
    throwIfAborted(signal);
    const device = await dependencies.device(record.lowering);
    // Read as in training: in one piece, or in segments.
    const windows = windowsOf(record.hyperparameters);
    const maxLength = windows?.size ?? memoryLength ?? Math.max(longest, record.hyperparameters.maxLength);
    const tokens = Math.max(passTokens, maxLength);
    const memory = memoryLength === undefined ? {} : { memoryLength };
    const capacity = { tokens, sequences: passSequences, maxLength, ...memory };
    const limits = limitsOf(capacity);
    const isEncoded = !['binary-relevance', undefined].includes(record.hyperparameters.encoding?.kind);
    const encoding = isEncoded
      ? encodingOf(record.hyperparameters, await readData(files), record.seed)
      : undefined;
    const model = await dependencies.restoreModel({
      ...(encoding && { encoding }),
      ...(record.hyperparameters.loss?.kind === 'cross-entropy' && { loss: crossEntropyLoss }),
      config,
      weights: weights.whole,
      labelCount: record.labels.length,
      lowering: device.lowering,
      capacity,
      kernels: runKernels(files, true),
      signal,
    });
    const size = config['vocab_size'];
    const vocabularySize = typeof size === 'number' ? size : null;
    standing = {
      runId,
      step: weights.step,
      labels: record.labels,
      device,
      model,
      vocabularySize,
      limits,
      windows,
    };
    return standing;
  }

  return {
    predict: (runId, tokens, onBatch, signal) =>
      inOrder(async () => {
        clearTimeout(timer);
        throwIfAborted(signal);
        const begun = releases;
        const rows = Uint32Array.from({ length: tokens.offsets.length - 1 }, (_, row) => row);
        const longest = rows.reduce((most, row) => Math.max(most, lengthOf(tokens, row)), 0);
        try {
          const { model, labels, step, device, vocabularySize, limits, windows } = await stand(
            runId,
            longest,
            signal,
          );
          if (vocabularySize !== null) assertVocabulary(tokens.ids, vocabularySize);
          const table = windows && windowTable(tokens, rows, windows, model.specials ?? noSpecials);
          const pool =
            windows && table && poolWindows(rows.length, labels.length, windows.pooling, table.owners);
          const pieces = table ? Uint32Array.from(table.owners.keys()) : rows;
          for (const batch of planEvaluation(pieces, (table ?? tokens).offsets, limits)) {
            throwIfAborted(signal);
            if (releases !== begun) throw ended();
            const segmentIds = (ids: Int32Array) => model.segmentIds(ids);
            const packed = table
              ? packSequences(
                  batch.map((window) => table.sequence(window)),
                  segmentIds,
                )
              : packBatch(unlabelled(tokens), batch, segmentIds, false);
            const logits = await model.logits(packed);
            if (table && pool) {
              const answered = pooledRows(pool, table, batch, logits, labels.length);
              if (answered.rows.length > 0) onBatch(answered);
            } else onBatch({ rows: Uint32Array.from(batch), logits });
            // Lets a stop and other calls in between two passes: the CPU path never yields by itself.
            await nextTask();
          }
          return { runId, step, labels, device };
        } catch (error) {
          // A lost device is lost for good; whatever else failed, the next question starts anew.
          if (!signal.aborted) drop();
          throw error;
        } finally {
          clearTimeout(timer);
          if (standing) timer = setTimeout(() => void inOrder(async () => drop()), idleMs);
        }
      }),
    release() {
      releases++;
      return inOrder(async () => drop());
    },
  };
}

function ended(): TrainerError {
  return new TrainerError(
    'prediction-ended',
    'A training has begun and needs the device. The answers so far are kept.',
    'Label the texts again when it has ended or while it is paused.',
  );
}

function lengthOf({ offsets }: TokenRows, row: number): number {
  return (offsets[row + 1] as number) - (offsets[row] as number);
}

/** Rows whose windows have all been answered with this batch. */
function pooledRows(
  pool: ReturnType<typeof poolWindows>,
  { owners }: WindowTable,
  batch: readonly number[],
  logits: Float32Array,
  labels: number,
): PredictedBatch {
  const complete: number[] = [];
  for (const [b, window] of batch.entries()) {
    const owner = owners[window] as number;
    if (pool.add(owner, logits.subarray(b * labels, (b + 1) * labels))) complete.push(owner);
  }
  const answered = new Float32Array(complete.length * labels);
  for (const [i, row] of complete.entries())
    answered.set(pool.logits.subarray(row * labels, (row + 1) * labels), i * labels);
  return { rows: Uint32Array.from(complete), logits: answered };
}

function unlabelled(tokens: TokenRows) {
  const none = new Uint32Array(0);
  return {
    tokens,
    split: { train: none, validation: none, test: none },
    labels: [],
    targetOffsets: none,
    targetIds: none,
  };
}
