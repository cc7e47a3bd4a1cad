import { jsonFile } from '../../../base/json.ts';
import { encodingName } from '../../../core/encodings/types.ts';
import { createZipBlob } from '../../../models/files/zipWriter.ts';
import type { FileStore } from '../../../training/checkpoints/fileStore.ts';
import type { TrainingData } from '../contract.ts';
import { TrainerError } from '../errors.ts';
import { classifierConfig } from '../exportModel.ts';
import { loadModelSource, readData } from '../runData.ts';
import type { RunRecord } from '../runRecord.ts';
import { readModelFiles } from '../runWeights.ts';
import { exportedTokenizerConfig } from '../tokenizerFiles.ts';
import { requirements, trainPy } from './trainPy.ts';

/**
 * A zip that trains the run's classifier on PyTorch: train.py (Hugging Face Trainer, for `accelerate launch`), the split as JSONL,
 * settings, tokenizer, and the base model's files where a folder was dropped. `texts` are the rows' texts as the tokenizer saw
 * them, in the order of the run's token table. Throws `bundle-texts`, `run-damaged`.
 */
export async function exportBundleZip(
  files: FileStore,
  record: RunRecord,
  texts: readonly string[],
): Promise<Blob> {
  const data = await readData(files);
  const rows = data.tokens.rowIds.length;
  if (texts.length !== rows)
    throw new TrainerError(
      'bundle-texts',
      `${texts.length} texts were given for the run’s ${rows} rows.`,
      'Open the data that the run was trained on, then export again.',
    );
  const { config, tokenizer } = await readModelFiles(files);
  const source = await loadModelSource(files, record.model);
  const dropped = source.kind === 'files' ? source.files : [];
  const zip = createZipBlob();
  const { hyperparameters, labels, seed } = record;
  await zip.add('train.py', trainPy);
  await zip.add('requirements.txt', requirements(Boolean(hyperparameters.trained?.lora)));
  await zip.add('README.md', readme(record, data));
  await zip.add(
    'settings.json',
    jsonFile({
      writtenBy: 'Verbena',
      runId: record.runId,
      dataHash: record.dataHash,
      modelName: record.modelName,
      repository: source.kind === 'hub' ? source.repository : null,
      revision: source.kind === 'hub' ? source.revision : null,
      hasWeights: dropped.length > 0,
      seed,
      labels,
      hyperparameters,
    }),
  );
  await zip.add('config.json', jsonFile(classifierConfig(config, labels, record.hyperparameters.loss)));
  // By its model_type AutoTokenizer finds the tokenizer's class, where the tokenizer's own file does not name it.
  await zip.add('tokenizer/config.json', jsonFile(config));
  await zip.add('tokenizer/tokenizer.json', tokenizer.tokenizerJson);
  await zip.add('tokenizer/tokenizer_config.json', exportedTokenizerConfig({ config, tokenizer }));
  for (const part of ['train', 'validation', 'test'] as const)
    await zip.add(`data/${part}.jsonl`, splitLines(data, data.split[part], texts));
  for (const file of dropped) await zip.add(`model/${file.name}`, file);
  return zip.finish();
}

const rowsAtOnce = 1000;

function* splitLines(
  { tokens, labels, targetOffsets, targetIds }: TrainingData,
  rows: Uint32Array,
  texts: readonly string[],
): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const lines = Array.from(rows.subarray(from, from + rowsAtOnce), (row) => {
      const ids = targetIds.subarray(targetOffsets[row], targetOffsets[row + 1]);
      const own = Array.from(ids, (label) => labels[label]);
      return `${JSON.stringify({ row: tokens.rowIds[row], text: texts[row], labels: own })}\n`;
    });
    yield encoder.encode(lines.join(''));
  }
}

function readme({ modelName, runId, model, hyperparameters }: RunRecord, { split }: TrainingData): string {
  const begins =
    model.kind === 'hub'
      ? `\`${model.repository}\` at revision \`${model.revision}\`, fetched from the hub`
      : model.kind === 'files'
        ? 'the weights in `model/`'
        : 'weights drawn anew from `config.json` (the embedded model is untrained); `--model NAME` begins with others';
  return `# Training bundle: ${modelName}

Written by Verbena for run ${runId}: ${split.train.length} training, ${split.validation.length} validation, ${split.test.length} test rows.

\`\`\`sh
pip install -r requirements.txt
python train.py
accelerate launch train.py        # several devices or machines
\`\`\`

- Begins with ${begins}.
- \`data/*.jsonl\`: the notebook's split. Texts are preprocessed already; do not clean them again.
- \`settings.json\`: labels, seed and every hyperparameter. Loss: ${hyperparameters.loss?.kind ?? 'bce'}; evaluations show ${hyperparameters.loss?.kind === 'cross-entropy' ? 'it too' : 'plain BCE'}.
${encodingNote(hyperparameters)}- A step sees ${hyperparameters.batchSize} rows, shared by all devices (\`--per-device-batch\` and accumulation make up the rest).
- Batches are drawn by PyTorch's sampler, not by Verbena's, and dropout differs: expect the same scores within the spread of seeds.
`;
}

/** The script's head is the standard one: what the notebook did beyond it is said, not imitated. */
function encodingNote({ encoding }: RunRecord['hyperparameters']): string {
  if (!encoding || encoding.kind === 'binary-relevance') return '';
  return `- The notebook's label encoding was ${encodingName(encoding)}; \`train.py\` trains binary relevance (one output a label).\n`;
}
