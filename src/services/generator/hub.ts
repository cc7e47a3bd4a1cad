import type { PreTrainedModel, PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { isAbort, VerbenaError } from '../../base/errors.ts';
import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { createJsonConstraint, createTokenMasker } from '../../core/incubator/jsonConstraint.ts';
import { asCompletion, type BuiltPrompt } from '../../core/incubator/prompts.ts';
import { fetchOptions, transformersLibrary } from '../../models/hub/library.ts';
import {
  GeneratorError,
  type Generated,
  type GenerateRequest,
  type GeneratorInfo,
  type HubGeneratorOptions,
} from './contract.ts';
import { createSampler } from './sampler.ts';

/** A hub model that is ready to write. */
export interface HubGenerator {
  readonly info: GeneratorInfo;
  countTokens(text: string): number;
  generate(
    request: GenerateRequest,
    onPiece: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated>;
  dispose(): Promise<void>;
}

interface CausalModel extends PreTrainedModel {
  readonly config: PreTrainedModel['config'] & { readonly max_position_embeddings?: number };
}

/** Where a model does not say how far it reads. */
const defaultContext = 2048;

/**
 * Opens a causal language model of the hub through transformers.js; its files come from the hub at this call and stay in the browser's
 * cache. Throws `hub-generator-missing`, `hub-generator-failed`, `aborted`.
 */
export async function openHubGenerator(
  options: HubGeneratorOptions,
  task: TaskOptions,
): Promise<HubGenerator> {
  const { signal } = task;
  const { repository, revision, dtype, device } = options;
  try {
    const library = await transformersLibrary();
    const common = fetchOptions(revision, task);
    // A repository that is not there is told from one without a tokenizer.
    await library.AutoConfig.from_pretrained(repository, common);
    const tokenizer = await library.AutoTokenizer.from_pretrained(repository, common).catch(
      (cause: unknown) => {
        throw isAbort(cause) ? cause : noTokenizer(repository, cause);
      },
    );
    throwIfAborted(signal);
    const model = (await library.AutoModelForCausalLM.from_pretrained(repository, {
      ...common,
      dtype,
      device,
    })) as CausalModel;
    return asGenerator(library, tokenizer, model, options);
  } catch (cause) {
    if (isAbort(cause) || cause instanceof VerbenaError) throw cause;
    throw failed(repository, cause);
  }
}

function asGenerator(
  library: Awaited<ReturnType<typeof transformersLibrary>>,
  tokenizer: PreTrainedTokenizer,
  model: CausalModel,
  { repository, dtype, device }: HubGeneratorOptions,
): HubGenerator {
  const endTokens = endTokensOf(tokenizer, model);
  let tokens: readonly (string | null)[] | null = null;
  const contextTokens = Math.min(model.config.max_position_embeddings ?? defaultContext, 8192);

  /** Takes the choice of a token away from the library: its samplers know neither min-p nor a seed. */
  class Choice extends library.LogitsProcessor {
    constructor(readonly draw: (logits: ArrayLike<number>) => number) {
      super();
    }
    override _call(_ids: bigint[][], logits: Tensor): Tensor {
      const scores = logits.data as Float32Array;
      const token = this.draw(scores);
      scores.fill(Number.NEGATIVE_INFINITY);
      if (token >= 0) scores[token] = 0;
      return logits;
    }
  }

  return {
    info: {
      name: `${repository} (${dtype})`,
      device: device === 'webgpu' ? 'WebGPU' : 'CPU (WASM)',
      contextTokens,
      parallel: 1,
      canConstrain: true,
    },
    countTokens: (text) => tokenizer.encode(text).length,
    async generate(request, onPiece, signal) {
      const startedAt = performance.now();
      const { keys, maxTextChars, maxTokens } = request;
      tokens ??= keys ? tokenTexts(tokenizer) : null;
      const constraint =
        keys && createJsonConstraint({ keys, maxTextChars, canWrite: writable(tokens ?? []) });
      const held =
        constraint && tokens
          ? { constraint, masker: createTokenMasker(constraint, tokens, endTokens) }
          : null;
      const sampler = createSampler(request, held);
      const stop = new library.InterruptableStoppingCriteria();
      const inputs = encode(tokenizer, request.prompt);
      const promptTokens = inputs.input_ids.dims.at(-1) ?? 0;
      let text = '';
      let newTokens = 0;
      const streamer = new library.TextStreamer(tokenizer, {
        skip_prompt: true,
        skip_special_tokens: true,
        callback_function: (piece: string) => {
          text += piece;
          onPiece(piece);
        },
        token_callback_function: () => {
          newTokens++;
        },
      });
      const choice = new Choice((logits) => {
        const token = sampler.draw(logits);
        if (token < 0 || signal.aborted || sampler.isComplete()) stop.interrupt();
        return token < 0 ? (endTokens[0] ?? 0) : token;
      });
      const processors = new library.LogitsProcessorList();
      processors.push(choice);
      try {
        await model.generate({
          ...inputs,
          max_new_tokens: maxTokens,
          // The choice is made: what is left is to take the one token that it left.
          do_sample: false,
          repetition_penalty: 1,
          logits_processor: processors,
          stopping_criteria: stop,
          streamer,
        } as Parameters<PreTrainedModel['generate']>[0]);
      } catch (cause) {
        if (cause instanceof VerbenaError) throw cause;
        throw failed(repository, cause, text);
      }
      const isDone = sampler.isComplete() || newTokens < maxTokens;
      return {
        reply: { text, finish: signal.aborted ? 'stopped' : isDone ? 'end' : 'length' },
        promptTokens,
        newTokens,
        areTokensCounted: true,
        ms: performance.now() - startedAt,
        note: null,
      };
    },
    dispose: async () => {
      await model.dispose();
    },
  };
}

interface Encoded {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
}

/** As a chat where the model has a template, else as a text to go on with. */
function encode(tokenizer: PreTrainedTokenizer, prompt: BuiltPrompt): Encoded {
  if (tokenizer.chat_template) {
    const messages = [
      ...(prompt.system === '' ? [] : [{ role: 'system', content: prompt.system }]),
      { role: 'user', content: prompt.user },
    ];
    return tokenizer.apply_chat_template(messages, {
      add_generation_prompt: true,
      return_dict: true,
    }) as unknown as Encoded;
  }
  return tokenizer(asCompletion(prompt)) as unknown as Encoded;
}

function endTokensOf(tokenizer: PreTrainedTokenizer, model: CausalModel): readonly number[] {
  const { generation_config: config } = model as unknown as {
    readonly generation_config?: { readonly eos_token_id?: number | number[] | null };
  };
  const ids = [config?.eos_token_id, tokenizer.eos_token_id].flat();
  return [...new Set(ids.filter((id): id is number => typeof id === 'number'))];
}

/** What each token adds to a text, behind another: decoders drop a space at the beginning. Null for special tokens. */
export function tokenTexts(
  tokenizer: Pick<PreTrainedTokenizer, 'decode' | 'encode' | 'get_vocab' | 'all_special_ids'>,
): (string | null)[] {
  const special = new Set(tokenizer.all_special_ids);
  const anchor = tokenizer.encode('a', { add_special_tokens: false });
  const options = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
  const lead = tokenizer.decode(anchor, options).length;
  const ids = [...tokenizer.get_vocab().values()];
  const most = ids.reduce((largest, id) => Math.max(largest, id), -1);
  const texts: (string | null)[] = Array.from({ length: most + 1 }, () => null);
  for (const id of ids)
    if (!special.has(id)) texts[id] = tokenizer.decode([...anchor, id], options).slice(lead);
  return texts;
}

/** Characters that some token holds whole; byte-level vocabularies make the others of pieces. */
function writable(tokens: readonly (string | null)[]): (character: string) => boolean {
  const characters = new Set<string>();
  for (const token of tokens) if (token) for (const character of token) characters.add(character);
  return (character) => characters.has(character);
}

const noTokenizer = (repository: string, cause: unknown) =>
  new GeneratorError(
    'hub-generator-failed',
    `${repository} has no tokenizer that can be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    'Choose a repository with tokenizer.json and tokenizer_config.json.',
    { repository },
    cause,
  );

function failed(repository: string, cause: unknown, partial = ''): GeneratorError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const isMissing = /could not locate|unauthorized|404|401/iu.test(said);
  const isMemory = /out of memory|allocat|bad_alloc|std::bad/iu.test(said);
  return new GeneratorError(
    isMissing ? 'hub-generator-missing' : 'hub-generator-failed',
    `${repository} could not be ${isMissing ? 'found' : 'loaded or run'}: ${said}`,
    isMissing
      ? 'Check its name, and that it is public and has an onnx folder with this precision.'
      : isMemory
        ? 'The model does not fit: choose a smaller one or fewer bits.'
        : 'Check the connection, choose another precision, or a smaller model.',
    { repository, ...(partial ? { partial } : {}) },
    cause,
  );
}
