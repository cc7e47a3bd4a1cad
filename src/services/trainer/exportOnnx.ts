import { jsonFile } from '../../base/json.ts';
import type { ModelCalibration } from '../../core/calibration/modelCalibration.ts';
import { exportOnnx } from '../../models/exportOnnx.ts';
import { createZipBlob } from '../../models/files/zipWriter.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import type { RunHistory } from '../../training/checkpoints/history.ts';
import type { Hyperparameters } from './contract.ts';
import { encodingExport } from './encodingFiles.ts';
import { classifierConfig, provenance, safetensorsOf } from './exportModel.ts';
import type { RunRecord } from './runRecord.ts';
import { openRunWeights, readModelFiles } from './runWeights.ts';
import { exportedTokenizerConfig } from './tokenizerFiles.ts';

/**
 * A zip with `model.onnx` (the classifier at its best weights), config.json with the labels, the tokenizer files and a README that
 * says how to feed it. Throws `no-weights`, `export-too-large`.
 */
export async function exportOnnxFile(
  files: FileStore,
  record: RunRecord,
  history: RunHistory,
): Promise<Blob> {
  const { config, tokenizer } = await readModelFiles(files);
  const { step, whole } = await openRunWeights(files, history, record, config);
  const zip = createZipBlob();
  const encoded = await encodingExport(files, record, whole);
  const { bytes, inputs } = await exportOnnx(config, encoded.weights, encoded.outputs.length);
  await zip.add(
    'config.json',
    jsonFile(classifierConfig(config, encoded.outputs, record.hyperparameters.loss)),
  );
  for (const { name, text } of encoded.files) if (name !== 'README.md') await zip.add(name, text);
  if (encoded.chain) await zip.add('label_chain.safetensors', safetensorsOf(encoded.chain));
  await zip.add('tokenizer.json', tokenizer.tokenizerJson);
  await zip.add('tokenizer_config.json', exportedTokenizerConfig({ config, tokenizer }));
  await zip.add('training.json', jsonFile(provenance(record, history, step)));
  const calibration = record.calibration?.step === step ? record.calibration : null;
  await zip.add('README.md', readme(inputs, record.hyperparameters, encoded.files.length > 0, calibration));
  await zip.add('model.onnx', [bytes]);
  return zip.finish();
}

function readme(
  inputs: readonly string[],
  { maxLength, longTexts, loss }: Hyperparameters,
  isEncoded: boolean,
  calibration: ModelCalibration | null,
): string {
  const isSingle = loss?.kind === 'cross-entropy';
  return `# A ${isSingle ? 'single' : 'multi'}-label classifier for ONNX runtimes

model.onnx: opset 20, f32, weights inside.

- In: ${inputs.map((name) => `\`${name}\``).join(', ')}, int64 \`[batch, sequence]\`, as the tokenizer beside it gives them;
  special tokens included, cut to ${maxLength} tokens as in training, padded on either side (\`attention_mask\` 0).
- Out: \`logits\`, f32 \`[batch, labels]\`. ${isSingle ? 'Softmax gives probabilities, which labels share' : 'Sigmoid gives probabilities, each label by itself'}; names are in config.json (\`id2label\`).

${isEncoded ? 'The labels were encoded: `decode.py` makes probabilities of these logits; their sigmoid alone does not.\n\n' : ''}${longTexts === 'windows' ? 'The run read longer texts in overlapping windows and pooled their logits; this file reads one window.\n\n' : ''}${longTexts === 'recurrence' ? 'The run read longer texts segment by segment with memory; this file reads them in one piece.\n\n' : ''}${calibration ? `${calibrationNote(calibration, isEncoded)}\n\n` : ''}Preprocessing of the notebook (stop words, lemmas, special characters, lower case) is not in the file: apply the same before.

\`\`\`python
import numpy as np, onnxruntime as ort
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
session = ort.InferenceSession("model.onnx")
batch = tokenizer(["Preheat the oven."], return_tensors="np", padding=True, truncation=True, max_length=${maxLength})
feed = {i.name: batch[i.name].astype(np.int64) for i in session.get_inputs()}
${
  isSingle
    ? `logits = session.run(["logits"], feed)[0]
odds = np.exp(logits - logits.max(1, keepdims=True))
probabilities = odds / odds.sum(1, keepdims=True)`
    : 'probabilities = 1 / (1 + np.exp(-session.run(["logits"], feed)[0]))'
}
\`\`\`
`;
}

function calibrationNote({ family, temperature, rows }: ModelCalibration, isEncoded: boolean): string {
  const t = temperature.toPrecision(6);
  const how = isEncoded
    ? `take the log-odds of \`decode.py\`'s probabilities, divide them by ${t}, then sigmoid`
    : `divide the logits by ${t} before the ${family}`;
  return `Calibrated probabilities (temperature scaling, fitted on ${rows} validation rows): ${how}.`;
}
