import { outputsOf } from '../../core/encodings/types.ts';
import { mergedWeights } from '../../models/adapters/files.ts';
import type { LoraOptions } from '../../models/adapters/trainedParts.ts';
import { defineModel } from '../../models/create.ts';
import type { Parameter } from '../../engine/graph/types.ts';
import type { WeightSource } from '../../models/weights.ts';
import { bestFile, checkpointFile } from '../../training/checkpoints/checkpoints.ts';
import { openContainer, type Container } from '../../training/checkpoints/container.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { bestSoFar, type RunHistory } from '../../training/checkpoints/history.ts';
import { TrainerError } from './errors.ts';
import type { RunRecord, StoredModelFiles } from './runRecord.ts';

/** What a run has learned, ready to be read: for an export, or to be run again. */
export interface RunWeights {
  /** The step they are of: the best evaluated, or the last checkpoint where nothing was evaluated. */
  readonly step: number;
  /** As they were trained: with LoRA, base weights and factors apart. */
  readonly trained: WeightSource;
  /** A plain model's weights: updates added in. */
  readonly whole: WeightSource;
  /** What LoRA made of the model; null: it trained without. */
  readonly adapter: {
    readonly lora: LoraOptions;
    readonly parameters: readonly Parameter[];
    readonly heads: readonly string[];
  } | null;
}

/** The best weights of a run, else those of its last checkpoint; tensors are read one at a time. Throws `no-weights`. */
export async function openRunWeights(
  files: FileStore,
  history: RunHistory,
  record: RunRecord,
  config: StoredModelFiles['config'],
): Promise<RunWeights> {
  const best = bestSoFar(history.evaluations, record.hyperparameters).point?.step;
  const checkpoints = (await files.list())
    .filter((name) => name.startsWith('checkpoint-'))
    .sort()
    .reverse();
  for (const name of [...(best === undefined ? [] : [bestFile(best)]), ...checkpoints]) {
    const blob = await files.read(name);
    if (!blob) continue;
    const trained = weightsOf(await openContainer(blob));
    const adapter = adapterOf(record, config);
    return {
      step: checkpoints.includes(name)
        ? Number.parseInt(name.slice(checkpointFile(0).indexOf('0')), 10)
        : (best ?? 0),
      trained,
      whole: adapter ? mergedWeights(trained, adapter.parameters) : trained,
      adapter,
    };
  }
  throw new TrainerError(
    'no-weights',
    'This run has no trained weights yet.',
    'Let it reach its first checkpoint or evaluation, then try again.',
  );
}

/** The model's config and tokenizer as the run stored them. Throws `run-damaged`. */
export async function readModelFiles(files: FileStore): Promise<StoredModelFiles> {
  const stored = await files.read('model.json');
  if (!stored)
    throw new TrainerError('run-damaged', 'The run’s model description is missing.', 'Start a new run.');
  return JSON.parse(await stored.text()) as StoredModelFiles;
}

/** The parameters of a checkpoint, by published name. */
function weightsOf(container: Container): WeightSource {
  return {
    tensors: container.tensors.filter(({ name }) => !name.startsWith('optimizer.')),
    read: async (name) => (await container.read(name)) as Float32Array,
  };
}

function adapterOf({ hyperparameters, labels }: RunRecord, config: StoredModelFiles['config']) {
  const { trained } = hyperparameters;
  if (!trained?.lora) return null;
  const definition = defineModel(config);
  const { parameters } = definition.graph({
    labelCount: outputsOf(hyperparameters.encoding, labels.length),
    training: false,
    dropout: null,
    trained,
  });
  const heads = definition.headPrefixes.map((prefix) => prefix.replace(/\.$/, ''));
  return { lora: trained.lora, parameters, heads };
}
