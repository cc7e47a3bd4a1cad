import { throwIfAborted } from '../../base/progress.ts';
import { loadGenerativeTokenizer, type GenerativeTokenizer } from '../../core/tokenizer/generative.ts';
import { TokenizerError } from '../../core/tokenizer/errors.ts';
import type { TokenizerFiles } from '../../core/tokenizer/xlnet.ts';
import {
  folderOf,
  needed,
  openWeights,
  parseConfig,
  readTokenizer,
  type ModelFolder,
  type ModelSource,
  type OpenModelOptions,
} from '../files/sources.ts';
import type { ModelStorage } from '../files/storage.ts';
import type { WeightSource } from '../weights.ts';
import { chatFormatOf, type ChatFormat } from './chat.ts';
import { parseLlamaConfig, type LlamaConfig } from './config.ts';
import { convertLlama2cTokenizer, isLlama2c, openLlama2c } from './llama2c.ts';

/** A decoder's files, opened and held against each other. */
export interface DecoderFiles {
  /** For provenance, e.g. `HuggingFaceTB/SmolLM2-135M-Instruct@12fd25f7`. */
  readonly name: string;
  /** `config.json`, parsed by JSON alone. */
  readonly json: unknown;
  readonly config: LlamaConfig;
  readonly tokenizer: GenerativeTokenizer;
  readonly chat: ChatFormat;
  /** Tokens that end a reply, from every file that names one. */
  readonly endIds: readonly number[];
  readonly weights: WeightSource;
}

/**
 * Opens a decoder: a folder as Hugging Face publishes it, or a checkpoint of llama2.c with its tokenizer. Throws what `openModel` throws,
 * `model-unsupported`, `config-invalid`, `llama2c-invalid`, `tokenizer-vocabulary`.
 */
export async function openDecoder(
  source: ModelSource,
  storage: ModelStorage,
  options: OpenModelOptions = {},
): Promise<DecoderFiles> {
  const checkpoint = source.kind === 'files' ? await llama2cFiles(source.files) : null;
  if (checkpoint && source.kind === 'files') return openCheckpoint(source.name, checkpoint);
  const folder = await folderOf(source, storage, options);
  const json = parseConfig(await (await needed(folder, 'config.json')).text());
  const config = parseLlamaConfig(json);
  const files = await readTokenizer(folder);
  throwIfAborted(options.signal);
  const text = async (name: string) => (await (await folder.file(name))?.text()) ?? null;
  const extras = {
    generation: (await text('generation_config.json')) ?? '{}',
    jinja: await text('chat_template.jinja'),
  };
  return assembled(folder.name, json, config, files, extras, await openWeights(folder));
}

function assembled(
  name: string,
  json: unknown,
  config: LlamaConfig,
  files: TokenizerFiles,
  extras: { readonly generation: string; readonly jinja: string | null },
  weights: WeightSource,
): DecoderFiles {
  const tokenizer = loadGenerativeTokenizer(files);
  if (tokenizer.vocabularySize > config.vocabularySize)
    throw new TokenizerError(
      'tokenizer-vocabulary',
      `The tokenizer has ${tokenizer.vocabularySize} ids and the model's embedding has ${config.vocabularySize} rows.`,
      'Use the tokenizer that was published with this model.',
      { tokenizer: tokenizer.vocabularySize, model: config.vocabularySize },
    );
  const named = endTokenOf(files.tokenizerConfigJson);
  const namedId = named === null ? null : tokenizer.idOf(named);
  const endIds = [...(namedId === null ? [] : [namedId]), ...endIdsOf(extras.generation), ...config.endIds];
  const chat = chatFormatOf(files.tokenizerConfigJson, extras.jinja, tokenizer);
  return { name, json, config, tokenizer, chat, endIds: [...new Set(endIds)], weights };
}

/** A special token stands plainly or as an object with `content`. */
function endTokenOf(tokenizerConfigJson: string): string | null {
  const { eos_token: end } = JSON.parse(tokenizerConfigJson) as { eos_token?: unknown };
  const content = typeof end === 'object' && end !== null && 'content' in end ? end.content : end;
  return typeof content === 'string' ? content : null;
}

/** generation_config.json may lack, or be damaged: it only adds to what config.json says. */
function endIdsOf(json: string): number[] {
  try {
    const { eos_token_id: ids } = (JSON.parse(json) ?? {}) as { eos_token_id?: unknown };
    return [ids].flat().filter((id): id is number => Number.isInteger(id));
  } catch {
    return [];
  }
}

interface Checkpoint {
  readonly model: File;
  readonly tokenizer: File;
}

/** The two files of llama2.c, where nothing says that these are Hugging Face's. */
async function llama2cFiles(files: readonly File[]): Promise<Checkpoint | null> {
  if (files.some(({ name }) => name === 'config.json')) return null;
  const binaries = files.filter(({ name }) => name.endsWith('.bin'));
  for (const model of binaries) {
    if (!(await isLlama2c(model))) continue;
    const tokenizer = binaries.find((file) => file !== model && /tok/i.test(file.name));
    if (tokenizer) return { model, tokenizer };
    await needed(folderWithout(model.name), 'tokenizer.bin');
  }
  return null;
}

const folderWithout = (name: string): ModelFolder => ({ name, file: async () => null });

async function openCheckpoint(name: string, { model, tokenizer }: Checkpoint): Promise<DecoderFiles> {
  const { config: json, weights } = await openLlama2c(model);
  const config = parseLlamaConfig(json);
  const files = convertLlama2cTokenizer(new Uint8Array(await tokenizer.arrayBuffer()), config.vocabularySize);
  return assembled(name, json, config, files, { generation: '{}', jinja: null }, weights);
}
