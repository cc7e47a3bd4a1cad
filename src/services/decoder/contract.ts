import type { Progress } from '../../base/progress.ts';
import type { ModelSource } from '../../models/files/sources.ts';
import type { DecoderStep } from '../../training/tuneDecoder.ts';

export interface OpenOptions {
  /** `auto`: WebGPU where there is a real adapter, else the CPU path. */
  readonly lowering: 'auto' | 'webgpu' | 'onnx';
  /** Most tokens of prompt and reply together; the model's own limit where that is smaller. Costs memory by the token. Default 1,024. */
  readonly contextTokens?: number;
  /** Most replies drawn at once from one prompt. Default 8. */
  readonly sequences?: number;
}

/** How a prompt becomes what the model reads. `auto`: the one that the model's files ask for. */
export type ChatTemplate = 'auto' | 'none' | 'chatml' | 'llama3';

export interface DecoderInfo {
  /** For provenance, e.g. `HuggingFaceTB/SmolLM2-135M-Instruct@12fd25f7`. */
  readonly name: string;
  readonly modelType: string;
  readonly parameters: number;
  readonly layers: number;
  readonly vocabularySize: number;
  /** Tokens that prompt and reply may have together as it is open now. */
  readonly contextTokens: number;
  readonly sequences: number;
  /** What `auto` stands for. */
  readonly template: Exclude<ChatTemplate, 'auto'>;
  readonly lowering: 'webgpu' | 'onnx';
  readonly device: string;
  /** Planned. */
  readonly memoryBytes: number;
  /** An adapter that is at work, by name; null: the model as it was published. */
  readonly adapter: string | null;
}

/** A reply is one JSON object of strings with exactly these keys, in this order. */
export interface JsonConstraint {
  readonly kind: 'json-object';
  readonly keys: readonly string[];
  /** Most characters of a value. Default 600. */
  readonly maxValueLength?: number;
}

export interface GenerateOptions {
  /** Most tokens of a reply. */
  readonly maxTokens: number;
  /** 0: greedy, and nothing below counts but the penalty. */
  readonly temperature: number;
  /** 1: off. */
  readonly topP: number;
  /** Share of the best token's probability that a token needs; 0: off. */
  readonly minP: number;
  /** 0: off. */
  readonly topK: number;
  /** 1: none (Keskar et al. 2019, as transformers applies it). */
  readonly repetitionPenalty: number;
  /** Same seed, model and options: same replies, on one device. */
  readonly seed: number;
  /** Replies drawn at once from the prompt. Default 1. */
  readonly count?: number;
  /** Texts that end a reply and are not part of it, beside the model's own end tokens. */
  readonly stop?: readonly string[];
  readonly template?: ChatTemplate;
  readonly system?: string;
  readonly constraint?: JsonConstraint | null;
}

/** Sent as text grows: a piece holds whole characters, so a token may send none and the next one two. */
export interface TokenPiece {
  /** Which of the `count` replies. */
  readonly reply: number;
  readonly text: string;
  /** Tokens drawn so far, over all replies. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
}

/**
 * `end`: the model's end token; `stop`: a stop text; `length`: `maxTokens`; `complete`: the constraint was fulfilled; `stuck`: it allowed no
 * token; `context`: the context is full; `aborted`: stopped by the caller.
 */
export type FinishReason = 'end' | 'stop' | 'length' | 'complete' | 'stuck' | 'context' | 'aborted';

export interface Reply {
  readonly text: string;
  readonly tokens: number;
  /** Mean natural logarithm of the tokens' probabilities at temperature 1, before any cut. */
  readonly meanLogProbability: number;
  readonly finish: FinishReason;
}

export interface Generated {
  readonly replies: readonly Reply[];
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly tokensPerSecond: number;
}

export interface TuningExample {
  readonly prompt: string;
  readonly reply: string;
}

export interface TuneOptions {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Ends of module names; empty: `q_proj`, `v_proj`. */
  readonly targets: readonly string[];
  readonly epochs: number;
  /** Examples an update. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Share of the updates over which the rate rises; it then falls linearly to 0. */
  readonly warmupRatio: number;
  readonly weightDecay: number;
  /** Tokens of a pass: bounds memory, moves no number but rounding. */
  readonly budgetTokens: number;
  /** Longer examples are cut at the end. */
  readonly maxLength: number;
  readonly seed: number;
  readonly template?: ChatTemplate;
  readonly system?: string;
  /** Judges only: what was not learned from. The first 32 are scored. */
  readonly heldOut?: readonly TuningExample[];
}

export type TuningStep = DecoderStep;

export interface Tuned {
  readonly steps: readonly TuningStep[];
  /** Mean loss a reply token before the first and after the last update, without dropout, over at most 32 of the examples. */
  readonly lossBefore: number;
  readonly lossAfter: number;
  /** The same over the examples that were held out; null where there were none. */
  readonly heldOutLoss: { readonly before: number; readonly after: number } | null;
  readonly cutExamples: number;
  readonly trainedParameters: number;
  /** Stopped before its last step: the adapter is what the last one left. */
  readonly aborted: boolean;
  readonly info: DecoderInfo;
}

/** A LoRA adapter under PEFT's names: `PeftModel.from_pretrained` reads the folder that these two files make. */
export interface AdapterFiles {
  readonly name: string;
  /** `adapter_config.json` */
  readonly config: string;
  /** `adapter_model.safetensors` */
  readonly weights: Uint8Array<ArrayBuffer>;
}

type Report = (progress: Progress) => void;

/**
 * One open decoder a worker: Llama, Mistral, Qwen2, Qwen3 and SmolLM weights on the engine. Calls take effect one at a time, in the order they
 * are made; only `generate`, `info` and `countTokens` run side by side, and replies of several calls are drawn in the same passes. Before `open`: `decoder-not-open`.
 */
export interface DecoderService {
  /**
   * Opens a model, closing the one before; what that one was doing ends as by an abort. Throws what opening files throws, `model-unsupported`, `config-invalid`, `tensors-missing`,
   * `limit-too-small`, `out-of-memory`, `aborted`.
   */
  open(
    source: ModelSource,
    options: OpenOptions,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<DecoderInfo>;
  /** Null: none is open. */
  info(): Promise<DecoderInfo | null>;
  /**
   * Draws `count` replies to a prompt. An abort ends it between two tokens and gives what there is (`finish: 'aborted'`).
   * Throws `context-overflow` where the prompt leaves no room for a reply, `sampling-invalid`, `device-lost`, `out-of-memory`.
   */
  generate(
    prompt: string,
    options: GenerateOptions,
    onToken: (piece: TokenPiece) => void,
    signal: AbortSignal,
  ): Promise<Generated>;
  /** Tokens of a text as the model reads it, without special tokens. */
  countTokens(text: string): Promise<number>;
  /**
   * Tunes a fresh adapter on the replies (prompts are read, not learned) and leaves it at work. An abort ends it after a step and keeps what was
   * learned. Throws `tuning-empty`, `trained-parts-invalid`, `loss-not-finite`, `out-of-memory`.
   */
  tune(
    examples: readonly TuningExample[],
    options: TuneOptions,
    onStep: (step: TuningStep) => void,
    signal: AbortSignal,
  ): Promise<Tuned>;
  /** Throws `adapter-missing` where none is at work. */
  exportAdapter(): Promise<AdapterFiles>;
  /** Puts an adapter to work in place of the one before. Throws `adapter-unsupported`, `adapter-mismatch`, `safetensors-*`. */
  importAdapter(files: AdapterFiles): Promise<DecoderInfo>;
  /** Back to the model as published. */
  dropAdapter(): Promise<DecoderInfo>;
  /** What is under way ends as by an abort. */
  close(): Promise<void>;
}

/** What transformers' `generate` does where a model says nothing else. */
export const defaultGeneration = {
  maxTokens: 256,
  temperature: 1,
  topP: 1,
  minP: 0,
  topK: 0,
  repetitionPenalty: 1,
  seed: 0,
} as const satisfies GenerateOptions;

/** PEFT's and the LoRA paper's usual numbers, at a rate that small decoders bear. */
export const defaultTuning = {
  rank: 8,
  alpha: 16,
  dropout: 0.05,
  targets: [],
  epochs: 3,
  batchSize: 8,
  learningRate: 2e-4,
  warmupRatio: 0.05,
  weightDecay: 0,
  budgetTokens: 2048,
  maxLength: 512,
  seed: 0,
} as const satisfies TuneOptions;
