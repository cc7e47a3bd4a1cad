import { jsonFile } from '../../base/json.ts';
import { classifierArchitecture } from '../../models/architectures.ts';
import { adapterConfig, adapterWeights } from '../../models/adapters/files.ts';
import { planSafetensors, writeSafetensors } from '../../models/files/safetensorsWriter.ts';
import type { WeightSource } from '../../models/weights.ts';
import { createZipBlob } from '../../models/files/zipWriter.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import type { RunHistory } from '../../training/checkpoints/history.ts';
import type { LossSettings } from '../../training/types.ts';
import { encodingExport } from './encodingFiles.ts';
import { openRunWeights, readModelFiles } from './runWeights.ts';
import type { RunRecord } from './runRecord.ts';
import { exportedTokenizerConfig } from './tokenizerFiles.ts';

/**
 * A zip that Hugging Face's `from_pretrained` reads once unpacked: config.json with the labels, model.safetensors with the best
 * weights (the last checkpoint's where nothing was evaluated), the tokenizer files, and training.json saying how
 * it was made. Chains and hierarchies add what their outputs still need (`encodingExport`). A run with LoRA gives the merged model, and beside it the adapter alone as PEFT keeps it. Weights stream from the store a tensor at a time. Throws `no-weights`.
 */
export async function exportModelZip(
  files: FileStore,
  record: RunRecord,
  history: RunHistory,
): Promise<Blob> {
  const { config, tokenizer } = await readModelFiles(files);
  const { step, trained, whole, adapter } = await openRunWeights(files, history, record, config);
  const zip = createZipBlob();
  const encoded = await encodingExport(files, record, whole);
  await zip.add(
    'config.json',
    jsonFile(classifierConfig(config, encoded.outputs, record.hyperparameters.loss)),
  );
  await zip.add('tokenizer.json', tokenizer.tokenizerJson);
  await zip.add('tokenizer_config.json', exportedTokenizerConfig({ config, tokenizer }));
  await zip.add('training.json', jsonFile(provenance(record, history, step)));
  for (const { name, text } of encoded.files) await zip.add(name, text);
  if (encoded.chain) await zip.add('label_chain.safetensors', safetensorsOf(encoded.chain));
  await zip.add('model.safetensors', safetensorsOf(encoded.weights));
  if (adapter) {
    const { lora, heads, parameters } = adapter;
    await zip.add('adapter/adapter_config.json', jsonFile(adapterConfig(lora, record.modelName, heads)));
    await zip.add('adapter/adapter_model.safetensors', safetensorsOf(adapterWeights(trained, parameters)));
  }
  return zip.finish();
}

/** Hugging Face's config of a classifier with these labels; the loss says whether a text has one of them or any. */
export function classifierConfig(
  config: Readonly<Record<string, unknown>>,
  labels: readonly string[],
  loss?: LossSettings,
): Record<string, unknown> {
  const architecture = classifierArchitecture(String(config['model_type']));
  return {
    ...config,
    ...(architecture ? { architectures: [architecture] } : {}),
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    problem_type:
      loss?.kind === 'cross-entropy' ? 'single_label_classification' : 'multi_label_classification',
    torch_dtype: 'float32',
  };
}

/** How a model was made, for `training.json`. */
export function provenance(record: RunRecord, history: RunHistory, step: number): Record<string, unknown> {
  const { runId, createdAt, modelName, dataHash, seed, device, hyperparameters, cleaning, calibration } =
    record;
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
    ...(cleaning ? { cleaning } : {}),
    step,
    ...(calibration?.step === step ? { calibration } : {}),
    evaluations,
  };
}

/** A safetensors file as Hugging Face writes it. */
export function safetensorsOf({ tensors, read }: WeightSource): AsyncGenerator<Uint8Array> {
  return writeSafetensors(planSafetensors(tensors.map(({ name, shape }) => ({ name, shape }))), read);
}
