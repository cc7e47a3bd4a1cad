import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { classifierArchitecture } from '../../models/architectures.ts';
import { adapterConfig, adapterWeights, mergedWeights } from '../../models/adapters/files.ts';
import { defineModel } from '../../models/create.ts';
import { planSafetensors, writeSafetensors } from '../../models/files/safetensorsWriter.ts';
import type { WeightSource } from '../../models/weights.ts';
import { bestFile, checkpointFile } from '../../training/checkpoints/checkpoints.ts';
import { openContainer, type Container } from '../../training/checkpoints/container.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { bestSoFar, type RunHistory } from '../../training/checkpoints/history.ts';
import { TrainerError } from './errors.ts';
import type { RunRecord, StoredModelFiles } from './runRecord.ts';

// Zip without its 64-bit extension ends at 4 GiB.
const maxZipBytes = 2 ** 32 - 2 ** 20;

/**
 * A zip that Hugging Face's `from_pretrained` reads once unpacked: config.json with the labels, model.safetensors with the best
 * weights (the last checkpoint's where nothing was evaluated), the tokenizer files, and training.json saying how
 * it was made. A run with LoRA gives the merged model, and beside it the adapter alone as PEFT keeps it. Weights stream from the store a tensor at a time. Throws `no-weights`, `export-too-large`.
 */
export async function exportModelZip(
  files: FileStore,
  record: RunRecord,
  history: RunHistory,
): Promise<Blob> {
  const weights = await openWeights(files, history, record);
  const stored = await files.read('model.json');
  if (!stored)
    throw new TrainerError('run-damaged', 'The run’s model description is missing.', 'Start a new run.');
  const { config, tokenizer } = JSON.parse(await stored.text()) as StoredModelFiles;

  const parts: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let pendingBytes = 0;
  let failure: Error | null = null;
  const settle = () => {
    parts.push(new Blob(pending));
    pending = [];
    pendingBytes = 0;
  };
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    pending.push(new Uint8Array(chunk));
    pendingBytes += chunk.length;
    // A blob may live on disk; an array cannot.
    if (pendingBytes > 32 << 20) settle();
  });
  const addText = (name: string, text: string) => {
    const entry = new ZipDeflate(name);
    zip.add(entry);
    entry.push(new TextEncoder().encode(text), true);
  };
  addText('config.json', json(classifierConfig(config, record.labels)));
  addText('tokenizer.json', tokenizer.tokenizerJson);
  addText('tokenizer_config.json', tokenizer.tokenizerConfigJson);
  addText('training.json', json(provenance(record, history, weights.step)));
  // Weights do not compress; storing them is as fast as the disk.
  const model = new ZipPassThrough('model.safetensors');
  zip.add(model);
  const source = weightsOf(weights.container);
  const adapter = adapterOf(record, config);
  const whole = adapter ? mergedWeights(source, adapter.parameters) : source;
  for await (const chunk of safetensorsOf(whole)) model.push(chunk);
  model.push(new Uint8Array(0), true);
  if (adapter) {
    addText(
      'adapter/adapter_config.json',
      json(adapterConfig(adapter.lora, record.modelName, adapter.heads)),
    );
    const low = new ZipPassThrough('adapter/adapter_model.safetensors');
    zip.add(low);
    for await (const chunk of safetensorsOf(adapterWeights(source, adapter.parameters))) low.push(chunk);
    low.push(new Uint8Array(0), true);
  }
  zip.end();
  if (failure) throw failure;
  settle();
  return new Blob(parts, { type: 'application/zip' });
}

/** Hugging Face's config of a multi-label classifier with these labels. */
export function classifierConfig(
  config: Readonly<Record<string, unknown>>,
  labels: readonly string[],
): Record<string, unknown> {
  const architecture = classifierArchitecture(String(config['model_type']));
  return {
    ...config,
    ...(architecture ? { architectures: [architecture] } : {}),
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    problem_type: 'multi_label_classification',
    torch_dtype: 'float32',
  };
}

function provenance(record: RunRecord, history: RunHistory, step: number): Record<string, unknown> {
  const { runId, createdAt, modelName, dataHash, seed, device, hyperparameters } = record;
  const evaluations = history.evaluations.filter((point) => point.step === step);
  return {
    writtenBy: 'Verbena',
    runId,
    createdAt,
    modelName,
    dataHash,
    seed,
    device,
    hyperparameters,
    step,
    evaluations,
  };
}

async function openWeights(
  files: FileStore,
  history: RunHistory,
  { hyperparameters }: RunRecord,
): Promise<{ container: Container; step: number }> {
  const best = bestSoFar(history.evaluations, hyperparameters).point?.step;
  const checkpoints = (await files.list())
    .filter((name) => name.startsWith('checkpoint-'))
    .sort()
    .reverse();
  for (const name of [...(best === undefined ? [] : [bestFile(best)]), ...checkpoints]) {
    const blob = await files.read(name);
    if (!blob) continue;
    if (blob.size > maxZipBytes)
      throw new TrainerError(
        'export-too-large',
        `The weights take ${(blob.size / 2 ** 30).toFixed(1)} GiB; a zip written here holds 4 GiB.`,
        'Use the checkpoint in the browser’s storage, or train a smaller model.',
      );
    const container = await openContainer(blob);
    const step = checkpoints.find((file) => file === name)
      ? Number.parseInt(name.slice(checkpointFile(0).indexOf('0')), 10)
      : (best ?? 0);
    return { container, step };
  }
  throw new TrainerError(
    'no-weights',
    'This run has no trained weights yet.',
    'Let it reach its first checkpoint or evaluation, then export again.',
  );
}

/** The parameters of a checkpoint, by published name. */
function weightsOf(container: Container): WeightSource {
  return {
    tensors: container.tensors.filter(({ name }) => !name.startsWith('optimizer.')),
    read: async (name) => (await container.read(name)) as Float32Array,
  };
}

/** A safetensors file as Hugging Face writes it. */
function safetensorsOf({ tensors, read }: WeightSource): AsyncGenerator<Uint8Array> {
  return writeSafetensors(planSafetensors(tensors.map(({ name, shape }) => ({ name, shape }))), read);
}

/** What a run's LoRA options made of the model; null: it trained whole. */
function adapterOf({ hyperparameters, labels }: RunRecord, config: Readonly<Record<string, unknown>>) {
  const { trained } = hyperparameters;
  if (!trained?.lora) return null;
  const definition = defineModel(config);
  const { parameters } = definition.graph({
    labelCount: labels.length,
    training: false,
    dropout: null,
    trained,
  });
  const heads = definition.headPrefixes.map((prefix) => prefix.replace(/\.$/, ''));
  return { lora: trained.lora, parameters, heads };
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
