import { jsonFile } from '../../base/json.ts';
import type { Pooling } from '../../core/embedding/pooling.ts';
import { exportEncoderOnnx } from '../../models/exportOnnx.ts';
import { openSafetensors } from '../../models/files/safetensors.ts';
import type { ExportedWeights, TunedEncoder } from './contract.ts';
import { curvesFile, type TuningLibrary } from './library.ts';

/**
 * A tuned encoder as transformers' `AutoModel.from_pretrained` reads it; where sentence-transformers knows the pooling, as its
 * `SentenceTransformer(...)` does too. With `onnx` the weights are `onnx/model.onnx`, where transformers.js, optimum and
 * sentence-transformers look for it. Throws `export-too-large`.
 */
export async function* exportedFiles(
  library: TuningLibrary,
  record: TunedEncoder,
  weightsAs: ExportedWeights,
): AsyncGenerator<readonly [name: string, content: string | Blob]> {
  const { id } = record;
  const config = await library.text(id, 'config.json');
  yield ['config.json', config];
  yield ['tokenizer.json', await library.text(id, 'tokenizer.json')];
  yield ['tokenizer_config.json', await library.text(id, 'tokenizer_config.json')];
  yield ['tuning.json', jsonFile({ writtenBy: 'Verbena', ...record })];
  yield ['curves.json', await library.text(id, curvesFile)];
  const pooling = sentencePooling(
    record,
    JSON.parse(config) as { hidden_size?: number; d_model?: number; dim?: number },
  );
  if (pooling) {
    yield ['modules.json', jsonFile(modules)];
    yield ['sentence_bert_config.json', jsonFile({ max_seq_length: record.maxLength, do_lower_case: false })];
    yield ['1_Pooling/config.json', jsonFile(pooling)];
  }
  const weights = await library.files(id).read('model.safetensors');
  if (!weights) return;
  if (weightsAs === 'safetensors') yield ['model.safetensors', weights];
  else {
    const { bytes } = await exportEncoderOnnx(JSON.parse(config), await openSafetensors(weights));
    yield ['onnx/model.onnx', new Blob([bytes])];
  }
}

const modules = [
  { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
  { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
];

const modes: Readonly<Record<Pooling, string | null>> = {
  mean: 'pooling_mode_mean_tokens',
  first: 'pooling_mode_cls_token',
  last: 'pooling_mode_lasttoken',
  'last-two-layers': null,
};

function sentencePooling(
  { settings }: TunedEncoder,
  config: { hidden_size?: number; d_model?: number; dim?: number },
): Record<string, unknown> | null {
  const mode = modes[settings.pooling];
  if (mode === null) return null;
  const names = Object.values(modes).filter((name) => name !== null);
  return {
    word_embedding_dimension: config.hidden_size ?? config.d_model ?? config.dim,
    ...Object.fromEntries(names.map((name) => [name, name === mode])),
    include_prompt: true,
  };
}
