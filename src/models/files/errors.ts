import { VerbenaError } from '../../base/errors.ts';

export type ModelFileErrorCode =
  | 'safetensors-truncated'
  | 'safetensors-header'
  | 'safetensors-overlap'
  | 'safetensors-gap'
  | 'safetensors-trailing'
  | 'safetensors-dtype'
  | 'safetensors-size'
  | 'safetensors-unknown-tensor'
  | 'pytorch-invalid'
  | 'pytorch-refused'
  | 'shard-index'
  | 'shard-missing'
  | 'tensors-missing'
  | 'tensors-extra'
  | 'tensor-shape'
  | 'model-file-missing'
  | 'model-config'
  | 'hub-unreachable'
  | 'hub-not-found'
  | 'hub-forbidden'
  | 'hub-name'
  | 'checksum-mismatch'
  | 'quota-exceeded';

/** What is wrong with a model's files or with fetching them. */
export class ModelFileError extends VerbenaError<ModelFileErrorCode> {}

/** Every lying or damaged safetensors file ends here: what is wrong, and that the file must be fetched anew. */
export function badSafetensors(
  code: Extract<ModelFileErrorCode, `safetensors-${string}`>,
  fault: string,
  details: Record<string, unknown> = {},
): ModelFileError {
  return new ModelFileError(
    code,
    `The weights file is not usable: ${fault}.`,
    'Download or copy model.safetensors again; if it still fails, the file was written wrongly at its source.',
    details,
  );
}
