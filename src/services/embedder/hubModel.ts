import type { PreTrainedModel, PreTrainedTokenizer } from '@huggingface/transformers';
import { isAbort, VerbenaError } from '../../base/errors.ts';
import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { ModelFileError } from '../../models/files/errors.ts';
import { hubRepository } from '../../models/files/hub.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { dropOtherRevisions, fetchOptions, transformersLibrary } from '../../models/hub/library.ts';
import type { HubRequest } from './contract.ts';

export class HubModelError extends VerbenaError<'hub-model-failed' | 'hub-model-missing'> {}

type Which = Pick<HubRequest, 'repository' | 'revision' | 'dtype' | 'device'>;

/** A hub model that is ready to run. */
export interface HubModel {
  /** Ids with special tokens, uncut. */
  encode(text: string): number[];
  /** Special tokens that close a text. */
  readonly closing: number;
  /** Tokens that the model has positions for; null where it does not say. */
  readonly maxTokens: number | null;
  readonly padId: number;
  /** Hidden states of the last layer, `[rows, columns, width]`, for ids padded to `columns`. */
  hidden(
    ids: BigInt64Array,
    mask: BigInt64Array,
    shape: readonly [rows: number, columns: number],
  ): Promise<{ readonly values: Float32Array; readonly width: number }>;
}

/**
 * The commit that a revision of a repository names, by the hub's own list of it; out of the hub's reach the one that it named when it was
 * last asked here, null where it never was. Throws `hub-model-missing`, `aborted`.
 */
export async function hubCommit(
  repository: string,
  revision: string,
  storage: ModelStorage,
  options: TaskOptions,
): Promise<string | null> {
  try {
    return (await hubRepository(repository, revision, storage, options)).commit;
  } catch (cause) {
    if (!(cause instanceof ModelFileError)) throw cause;
    if (cause.code === 'hub-unreachable') return null;
    throw failed(repository, cause);
  }
}

let kept: { readonly key: string; readonly model: PreTrainedModel; readonly hub: HubModel } | null = null;

/**
 * A hub model through transformers.js. Its files are fetched from the hub the first time and kept in the browser's cache; the last
 * model stays loaded, since prompts are tried one after another. Throws `hub-model-missing`, `hub-model-failed`, `aborted`.
 */
export async function loadHubModel(which: Which, options: TaskOptions): Promise<HubModel> {
  const { signal } = options;
  const key = JSON.stringify([which.repository, which.revision, which.dtype, which.device]);
  if (kept?.key === key) return kept.hub;
  await releaseHubModel();
  try {
    const { AutoConfig, AutoModel, AutoTokenizer, Tensor } = await transformersLibrary();
    const { repository, revision, dtype, device } = which;
    const common = fetchOptions(revision, options);
    // First: what is not there is named by it, where the tokenizer would fail on its missing settings.
    await AutoConfig.from_pretrained(repository, common);
    const tokenizer = await AutoTokenizer.from_pretrained(repository, common);
    throwIfAborted(signal);
    const model = await AutoModel.from_pretrained(repository, { ...common, dtype, device });
    const tensor = (data: BigInt64Array, [rows, columns]: readonly [number, number]) =>
      new Tensor('int64', data, [rows, columns]);
    const hub: HubModel = {
      encode: (text) => tokenizer.encode(text),
      closing: closingTokens(tokenizer),
      maxTokens: positions(tokenizer, model),
      padId: tokenizer.pad_token_id ?? 0,
      async hidden(ids, mask, shape) {
        const outputs = (await model({
          input_ids: tensor(ids, shape),
          attention_mask: tensor(mask, shape),
        })) as Readonly<Record<string, { dims: readonly number[]; data: ArrayLike<number> }>>;
        const states =
          outputs['last_hidden_state'] ??
          outputs['token_embeddings'] ??
          Object.values(outputs).find(({ dims }) => dims?.length === 3 && dims[1] === shape[1]);
        if (states?.dims.length !== 3)
          throw new HubModelError(
            'hub-model-failed',
            `${repository} gives no hidden states (${Object.keys(outputs).join(', ')}).`,
            'Choose a repository that was exported for feature extraction.',
            { repository, outputs: Object.keys(outputs) },
          );
        return { values: Float32Array.from(states.data), width: states.dims[2] ?? 0 };
      },
    };
    kept = { key, model, hub };
    await dropOtherRevisions(repository, revision);
    return hub;
  } catch (cause) {
    if (isAbort(cause) || cause instanceof VerbenaError) throw cause;
    throw failed(which.repository, cause);
  }
}

/** Frees the model that is loaded, if any. */
export async function releaseHubModel(): Promise<void> {
  const last = kept;
  kept = null;
  await last?.model.dispose();
}

export function failed(repository: string, cause: unknown): HubModelError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const isMissing = cause instanceof ModelFileError || /could not locate|unauthorized|404|401/iu.test(said);
  return new HubModelError(
    isMissing ? 'hub-model-missing' : 'hub-model-failed',
    `${repository} could not be ${isMissing ? 'found' : 'loaded or run'}: ${said}`,
    isMissing
      ? 'Check its name and that it is public and has an onnx folder with this precision, or choose another embedder.'
      : 'Check the connection, try full precision or the CPU, or choose another embedder.',
    { repository },
    cause,
  );
}

function closingTokens(tokenizer: PreTrainedTokenizer): number {
  const whole = tokenizer.encode('a');
  const bare = tokenizer.encode('a', { add_special_tokens: false });
  const at = whole.indexOf(bare[0] ?? -1);
  return at < 0 ? 0 : Math.max(0, whole.length - at - bare.length);
}

/** The tighter of what tokenizer and model say; tokenizers without a limit say 1e30. */
function positions(tokenizer: PreTrainedTokenizer, model: PreTrainedModel): number | null {
  const config = model.config as { readonly max_position_embeddings?: unknown };
  const limits = [tokenizer.model_max_length, config.max_position_embeddings].filter(
    (limit): limit is number => typeof limit === 'number' && limit > 0 && limit < 1e6,
  );
  return limits.length === 0 ? null : Math.min(...limits);
}
