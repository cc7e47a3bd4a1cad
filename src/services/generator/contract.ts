import { VerbenaError } from '../../base/errors.ts';
import type { Progress } from '../../base/progress.ts';
import type { BuiltPrompt } from '../../core/incubator/prompts.ts';
import type { Reply } from '../../core/incubator/replies.ts';

export type GeneratorErrorCode =
  | 'generator-not-open'
  | 'hub-generator-missing'
  | 'hub-generator-failed'
  | 'browser-model-missing'
  | 'browser-model-failed'
  | 'endpoint-url-invalid'
  | 'endpoint-not-allowed'
  | 'endpoint-blocked'
  | 'endpoint-unreachable'
  | 'endpoint-refuses-page'
  | 'endpoint-timeout'
  | 'endpoint-unauthorised'
  | 'endpoint-not-found'
  | 'endpoint-busy'
  | 'endpoint-rejected'
  | 'endpoint-failed'
  | 'endpoint-not-understood';

/** A generator that cannot be had, or that gave up. What it had said by then is in `details.partial`. */
export class GeneratorError extends VerbenaError<GeneratorErrorCode> {}

/** One reply wanted. */
export interface GenerateRequest {
  readonly prompt: BuiltPrompt;
  /** The reply is held to one object with exactly these keys, where the generator can; null: it says what it likes. */
  readonly keys: readonly string[] | null;
  readonly maxTextChars: number;
  /** Tokens of the reply at most. */
  readonly maxTokens: number;
  /** 0: greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
}

export interface Generated {
  /** An abort ends a reply, it does not lose it: `finish` is `stopped` then. */
  readonly reply: Reply;
  readonly promptTokens: number;
  readonly newTokens: number;
  /** False where tokens were estimated from characters. */
  readonly areTokensCounted: boolean;
  readonly ms: number;
  /** What the user should know of how it was made, e.g. that the server does not take a schema. */
  readonly note: string | null;
}

export interface GeneratorInfo {
  /** For provenance. */
  readonly name: string;
  readonly device: string;
  /** Tokens that prompt and reply share. */
  readonly contextTokens: number;
  /** Replies that may be asked for at once. */
  readonly parallel: number;
  /** True where sampling itself is held to the asked keys. */
  readonly canConstrain: boolean;
}

/** Whatever makes text from a prompt. One reply a call; up to `info.parallel` calls at once. */
export interface TextGenerator {
  readonly info: GeneratorInfo;
  /** `onPiece` gets text as it grows. Throws `GeneratorError`; never for an abort. */
  generate(
    request: GenerateRequest,
    onPiece: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated>;
  /** Of a prompt as it reads it; absent: estimate. */
  countTokens?(text: string): Promise<number>;
  dispose(): Promise<void>;
}

export interface HubGeneratorOptions {
  readonly repository: string;
  readonly revision: string;
  readonly dtype: 'fp32' | 'fp16' | 'q8' | 'q4' | 'q4f16';
  readonly device: 'wasm' | 'webgpu';
}

export interface EndpointOptions {
  /** Base, e.g. `http://localhost:11434/v1`. */
  readonly url: string;
  readonly model: string;
  /** Never stored; empty where the server wants none. */
  readonly apiKey: string;
  readonly parallel: number;
  /** Milliseconds until the first piece, and between two. */
  readonly firstTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

type Report = (progress: Progress) => void;

/** What makes text in a worker: one hub model open at a time, and any number of requests to endpoints. */
export interface GeneratorService {
  /** Fetches and opens a hub model, closing the one before. Throws `hub-generator-missing`, `hub-generator-failed`, `aborted`. */
  openHub(options: HubGeneratorOptions, onProgress: Report, signal: AbortSignal): Promise<GeneratorInfo>;
  generateHub(
    request: GenerateRequest,
    onPiece: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated>;
  countHubTokens(text: string): Promise<number>;
  closeHub(): Promise<void>;
  /** Names of the models that the server offers. Throws `endpoint-*`. */
  endpointModels(options: EndpointOptions, signal: AbortSignal): Promise<readonly string[]>;
  generateEndpoint(
    options: EndpointOptions,
    request: GenerateRequest,
    onPiece: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated>;
}
