import { isAbort } from '../../base/errors.ts';
import { throwIfAborted } from '../../base/progress.ts';
import {
  bertNeeds,
  checkTokenizer,
  loadTokenizer,
  xlnetNeeds,
  type TokenizerNeeds,
} from '../../core/tokenizer/tokenizer.ts';
import {
  withAddedTokens,
  withSpecialTokens,
  type BesideTokenizer,
} from '../../core/tokenizer/addedTokens.ts';
import { convertByteLevel, convertVocabularyText } from '../../core/tokenizer/bert.ts';
import { convertSpiece, type TokenizerFiles } from '../../core/tokenizer/xlnet.ts';
import { classifierArchitecture, longestText } from '../architectures.ts';
import { ModelFileError } from './errors.ts';
import { hubFile, hubRepository, type HubOptions } from './hub.ts';
import { openPytorch } from './pytorch.ts';
import { openSafetensors } from './safetensors.ts';
import { joinShards, parseShardIndex, requireShards, type ShardIndex } from './shards.ts';
import type { WeightSource } from '../weights.ts';
import type { ModelStorage } from './storage.ts';

/** Where a model's files come from. `files` holds a dropped folder. */
export type ModelSource =
  | { readonly kind: 'embedded'; readonly name: string }
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string }
  | { readonly kind: 'files'; readonly name: string; readonly files: readonly File[] }
  /** An encoder tuned in this browser, by its id. */
  | { readonly kind: 'tuned'; readonly id: string; readonly name: string };

/** Where a tuned encoder's files are kept. */
export const tunedFolder = (id: string): string => `tuned/${id}`;

export interface OpenModelOptions extends HubOptions {
  /** Where `models/<name>/` is served from; the page's own base by default. */
  readonly baseUrl?: string | undefined;
}

export interface ModelConfig {
  readonly model_type: string;
  readonly vocab_size: number;
  readonly [key: string]: unknown;
}

/** A tokenizer's files, with what is to be said of it. */
export interface TokenizerSource {
  /** Shown in provenance, e.g. `verbena-mini` or `xlnet/xlnet-base-cased`. */
  readonly name: string;
  /** Contents of `tokenizer.json`. */
  readonly tokenizerJson: string;
  readonly tokenizerConfigJson: string;
  /** The longest text that the model's positions allow, in tokens; absent where there is no limit. */
  readonly maxTokens?: number;
}

export interface ModelFiles {
  /** For provenance, e.g. `verbena-mini` or `xlnet/xlnet-base-cased@c8d2…`. */
  readonly name: string;
  readonly config: ModelConfig;
  /** config.json as it was, to be exported unchanged. */
  readonly configJson: string;
  readonly tokenizer: TokenizerSource;
  readonly weights: WeightSource;
}

/** A folder of model files, wherever it is: null where there is no such file. */
export interface ModelFolder {
  readonly name: string;
  file(name: string): Promise<Blob | null>;
  /** Whether there is such a file, where that is known without asking for it: a browser notes each vain request in its console. */
  has?(name: string): boolean;
}

/**
 * Opens a model: config, tokenizer (a spiece.model, vocab.txt, or vocab.json with merges.txt is converted) and the weights' header, all checked against each other.
 * Nothing is requested from the hub before this is called. Throws `model-file-missing`, `model-config`, `tokenizer-*`,
 * `safetensors-*`, `shard-*`, `pytorch-*`, `hub-*`, `checksum-mismatch`, `quota-exceeded`, `aborted`.
 */
export async function openModel(
  source: ModelSource,
  storage: ModelStorage,
  options: OpenModelOptions = {},
): Promise<ModelFiles> {
  const folder = await folderOf(source, storage, options);
  const configJson = await (await needed(folder, 'config.json')).text();
  const config = parseConfig(configJson);
  const tokenizer = await openTokenizer(folder, config);
  throwIfAborted(options.signal);
  return { name: folder.name, config, configJson, tokenizer, weights: await openWeights(folder) };
}

/** Only the tokenizer of a model: no weights are downloaded for it. Throws as `openModel`. */
export async function openModelTokenizer(
  source: ModelSource,
  storage: ModelStorage,
  options: OpenModelOptions = {},
): Promise<TokenizerSource> {
  const folder = await folderOf(source, storage, options);
  return openTokenizer(folder, parseConfig(await (await needed(folder, 'config.json')).text()));
}

/** Only config.json, parsed and as it is: enough to plan memory. Throws `model-file-missing`, `model-config`, `hub-*`. */
export async function openModelConfig(
  source: ModelSource,
  storage: ModelStorage,
  options: OpenModelOptions = {},
): Promise<{ readonly config: ModelConfig; readonly configJson: string }> {
  const configJson = await (await needed(await folderOf(source, storage, options), 'config.json')).text();
  return { config: parseConfig(configJson), configJson };
}

/** Where a source's files are read from; nothing is asked of the hub before this. */
export async function folderOf(
  source: ModelSource,
  storage: ModelStorage,
  options: OpenModelOptions,
): Promise<ModelFolder> {
  switch (source.kind) {
    case 'embedded':
      return embeddedFolder(source.name, options);
    case 'files':
      return droppedFolder(source.name, source.files);
    case 'tuned': {
      const file = (name: string) => storage.readBlob(`${tunedFolder(source.id)}/${name}`);
      // Vectors are remembered by this name: a tuning that was continued is another model.
      const record = JSON.parse((await (await file('tuning.json'))?.text()) ?? '{}') as { step?: number };
      return { name: `${source.name}@${source.id}.${record.step ?? 0}`, file };
    }
    case 'hub': {
      const repository = await hubRepository(source.repository, source.revision, storage, options);
      return {
        name: `${source.repository}@${repository.commit.slice(0, 8)}`,
        file: async (name) =>
          repository.files.has(name) ? hubFile(repository, name, storage, options) : null,
        has: (name) => repository.files.has(name),
      };
    }
  }
}

function embeddedFolder(name: string, { baseUrl, signal }: OpenModelOptions): ModelFolder {
  const base = baseUrl ?? new URL(import.meta.env?.BASE_URL ?? '/', self.location.origin).href;
  return {
    name,
    async file(file) {
      try {
        const url = new URL(`models/${encodeURIComponent(name)}/${file}`, base);
        const response = await fetch(url, { signal: signal ?? null });
        // A development server answers unknown paths with the page itself.
        const isPage = response.headers.get('content-type')?.includes('text/html') ?? false;
        return response.ok && !isPage ? await response.blob() : null;
      } catch (error) {
        throwIfAborted(signal);
        if (isAbort(error)) throw error;
        throw missing(name, file, error);
      }
    },
  };
}

function droppedFolder(name: string, files: readonly File[]): ModelFolder {
  const depth = (file: File) => file.webkitRelativePath?.split('/').length ?? 1;
  return {
    name,
    // A dropped folder may hold checkpoints in subfolders: the file nearest to its top counts.
    file: async (wanted) =>
      files.filter((file) => file.name === wanted).sort((a, b) => depth(a) - depth(b))[0] ?? null,
    has: (wanted) => files.some((file) => file.name === wanted),
  };
}

/** A file that must be there: else `model-file-missing`. */
export async function needed(folder: ModelFolder, name: string): Promise<Blob> {
  const blob = await folder.file(name);
  if (!blob) throw missing(folder.name, name);
  return blob;
}

function missing(model: string, file: string, cause?: unknown): ModelFileError {
  return new ModelFileError(
    'model-file-missing',
    `The model '${model}' has no ${file}.`,
    'A model needs config.json, model.safetensors and tokenizer.json (or spiece.model, vocab.txt, vocab.json with merges.txt). A pytorch_model.bin does for model.safetensors; either may be split into shards with their index.',
    { model, file },
    cause,
  );
}

/** config.json, parsed. Throws `model-config`. */
export function parseConfig(json: string): ModelConfig {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw configFault('it is not JSON', error);
  }
  const { model_type: type, vocab_size: size } = (value ?? {}) as {
    model_type?: unknown;
    vocab_size?: unknown;
  };
  if (typeof type !== 'string') throw configFault('it names no model_type');
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1)
    throw configFault('its vocab_size is no positive integer');
  return value as ModelConfig;
}

function configFault(what: string, cause?: unknown): ModelFileError {
  return new ModelFileError(
    'model-config',
    `config.json is not usable: ${what}.`,
    'Use the config.json published with the model.',
    {},
    cause,
  );
}

async function openTokenizer(folder: ModelFolder, config: ModelConfig): Promise<TokenizerSource> {
  const isXlnet = config.model_type === 'xlnet';
  const files = isXlnet ? await readXlnetTokenizer(folder) : await readTokenizer(folder);
  checkTokenizer(loadTokenizer(files), {
    vocabularySize: config.vocab_size,
    ...needsOf(config.model_type),
  });
  const maxTokens = longestText(config);
  return { name: folder.name, ...files, ...(maxTokens === null ? {} : { maxTokens }) };
}

/** Of a model that Verbena cannot train nothing is asked here: its type is refused where it is to be trained. */
function needsOf(modelType: string): Omit<TokenizerNeeds, 'vocabularySize'> {
  if (modelType === 'xlnet') return xlnetNeeds;
  return classifierArchitecture(modelType) === null ? { ...bertNeeds, begins: false } : bertNeeds;
}

async function readXlnetTokenizer(folder: ModelFolder): Promise<TokenizerFiles> {
  const json = await folder.file('tokenizer.json');
  const config = await textIn(folder)('tokenizer_config.json');
  if (json) {
    const files = { tokenizerJson: await json.text(), tokenizerConfigJson: withRemoveSpace(config ?? '{}') };
    return withAddedTokens(files, await besideTokenizer(folder, true));
  }
  const spiece = await folder.file('spiece.model');
  if (!spiece) throw missing(folder.name, 'tokenizer.json and no spiece.model');
  const files = convertSpiece(new Uint8Array(await spiece.arrayBuffer()), config);
  return withAddedTokens(files, await besideTokenizer(folder, false));
}

/** tokenizer.json, or what the slow tokenizers of the BERT family are saved as; with the tokens that were added to either. */
export async function readTokenizer(folder: ModelFolder): Promise<TokenizerFiles> {
  const text = textIn(folder);
  const config = await text('tokenizer_config.json');
  const json = await text('tokenizer.json');
  const beside = await besideTokenizer(folder, json !== null);
  if (json !== null)
    return withAddedTokens({ tokenizerJson: json, tokenizerConfigJson: config ?? '{}' }, beside);
  const merges = await text('merges.txt');
  const vocabulary = merges === null ? null : await text('vocab.json');
  const words = vocabulary === null ? await text('vocab.txt') : null;
  const specials = beside.specialTokensMap === null ? config : withSpecialTokens(config, beside);
  if (merges !== null && vocabulary !== null)
    return withAddedTokens(convertByteLevel(vocabulary, merges, specials), beside);
  if (words !== null) return withAddedTokens(convertVocabularyText(words, specials), beside);
  throw missing(folder.name, 'tokenizer.json, no vocab.txt, and no vocab.json with merges.txt');
}

/** A tokenizer.json lists its added tokens itself, nearly always: beside one, the files are read where it is known that they are there. */
async function besideTokenizer(folder: ModelFolder, hasJson: boolean): Promise<BesideTokenizer> {
  const text = async (name: string) => (hasJson && folder.has?.(name) !== true ? null : textIn(folder)(name));
  return {
    addedTokens: await text('added_tokens.json'),
    specialTokensMap: await text('special_tokens_map.json'),
  };
}

const textIn = (folder: ModelFolder) => async (name: string) =>
  (await (await folder.file(name))?.text()) ?? null;

// XLNet trims and collapses white space; published tokenizer_config.json files leave that default out.
function withRemoveSpace(json: string): string {
  try {
    const config: unknown = JSON.parse(json);
    if (typeof config === 'object' && config !== null && !Array.isArray(config))
      return JSON.stringify({ remove_space: true, ...config });
  } catch {
    // Reported by name where the tokenizer is loaded.
  }
  return json;
}

/** What weights may lie in, the first found counts: Hugging Face's order. Some of the hub's oldest models were never converted. */
const weightFormats = [
  { whole: 'model.safetensors', extension: '.safetensors', open: openSafetensors },
  { whole: 'pytorch_model.bin', extension: '.bin', open: openPytorch },
] as const;

/** The weights of a folder: one file or shards, as safetensors or PyTorch's. */
export async function openWeights(folder: ModelFolder): Promise<WeightSource> {
  for (const { whole, extension, open } of weightFormats) {
    const single = await folder.file(whole);
    if (single) return open(single);
    const indexName = `${whole}.index.json`;
    const index = await folder.file(indexName);
    if (index) return openShards(folder, parseShardIndex(await index.text(), indexName, extension), open);
  }
  throw missing(folder.name, 'model.safetensors and no pytorch_model.bin');
}

/** Shards one after another: of each only its list of tensors stays in memory. */
async function openShards(
  folder: ModelFolder,
  index: ShardIndex,
  open: (file: Blob) => Promise<WeightSource>,
): Promise<WeightSource> {
  // Before gigabytes are fetched of what cannot be whole.
  requireShards(index, (file) => folder.has?.(file) ?? true);
  const opened = new Map<string, WeightSource>();
  for (const file of index.files) {
    const blob = await folder.file(file);
    try {
      if (blob) opened.set(file, await open(blob));
    } catch (error) {
      if (!(error instanceof ModelFileError)) throw error;
      const { code, message, details } = error;
      throw new ModelFileError(
        code,
        `${file}: ${message}`,
        `Download or copy ${file} again.`,
        { ...details, file },
        error,
      );
    }
  }
  return joinShards(index, opened);
}
