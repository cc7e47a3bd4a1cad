import { nextTask } from '../../base/breath.ts';
import { VerbenaError } from '../../base/errors.ts';
import { random, type Random } from '../../base/random.ts';
import type { Decoder } from './decoder.ts';
import type { NewToken } from './feed.ts';
import { assertSampling, drawToken, type SamplingOptions, type TokenConstraint } from './sampling.ts';

export interface GenerationOptions extends SamplingOptions {
  /** Most tokens of a reply. */
  readonly maxTokens: number;
  /** Replies to draw; as many at once as the decoder has room for. */
  readonly count: number;
  readonly seed: number;
  /** Tokens that end a reply and are not part of it. */
  readonly endIds: readonly number[];
  /** A constraint of its own for each reply. */
  readonly constrain?: ((reply: number) => TokenConstraint) | undefined;
  /** Told each token; `stop` ends the reply with it. */
  readonly onToken?: ((reply: number, token: number) => 'go' | 'stop') | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `end`: an end token; `stop`: `onToken` said so; `length`: `maxTokens`; `complete`: the constraint was fulfilled; `stuck`: it allowed no
 * token; `context`: the context is full; `aborted`: stopped by the caller.
 */
export type Finish = 'end' | 'stop' | 'length' | 'complete' | 'stuck' | 'context' | 'aborted';

export interface GeneratedTokens {
  readonly tokens: readonly number[];
  /** Sum over the tokens, at temperature 1, before any cut. */
  readonly logProbability: number;
  readonly finish: Finish;
}

export interface GenerationOutcome {
  /** In the order of their numbers, also where later ones ended first. */
  readonly replies: readonly GeneratedTokens[];
  readonly prefillMs: number;
  readonly decodeMs: number;
}

/** A reply while it is drawn. */
interface Running {
  readonly reply: number;
  /** First row of the cache that is its own. */
  readonly region: number;
  readonly draw: Random;
  readonly constraint: TokenConstraint | null;
  readonly tokens: number[];
  readonly seen: Set<number>;
  logProbability: number;
}

/**
 * Draws replies to prompts with one decoder. The prompt is read once and shared: each reply has rows of the cache of its own behind it, and
 * a free place takes the next reply at once. What a prompt has in common with the one before it is not read again.
 */
export class Generator {
  /** Prompt tokens whose keys and values lie in the first rows of the cache. */
  private prefix: number[] = [];

  constructor(private readonly decoder: Decoder) {}

  /** Must be called when the decoder's weights have changed. */
  forget(): void {
    this.prefix = [];
  }

  /**
   * An abort ends it between two tokens; what was drawn is returned. Throws `context-overflow`, `sampling-invalid`, `prompt-empty`, and
   * what a pass of the engine throws.
   */
  async generate(prompt: readonly number[], options: GenerationOptions): Promise<GenerationOutcome> {
    assertSampling(options);
    const { contextTokens, sequences, cacheRows } = this.decoder;
    this.assertFits(prompt);
    const room = Math.min(Math.max(1, options.maxTokens), contextTokens - prompt.length);
    const isCutByContext = room < options.maxTokens;
    const places = Math.min(
      options.count,
      sequences,
      Math.max(1, Math.floor((cacheRows - prompt.length) / room)),
    );
    const free = Array.from({ length: places }, (_, place) => prompt.length + place * room).toReversed();
    const finished = new Map<number, GeneratedTokens>();
    let waiting = 0;
    let running: Running[] = [];
    const begunAt = performance.now();
    const first = await this.prefill(prompt, options.signal);
    const readAt = performance.now();

    const end = (of: Running, finish: Finish): false => {
      finished.set(of.reply, { tokens: of.tokens, logProbability: of.logProbability, finish });
      free.push(of.region);
      return false;
    };
    /** Draws the next token of a reply; false where the reply has ended. */
    const advance = (of: Running, logits: Float32Array): boolean => {
      const allowed = of.constraint?.allowed(of.tokens) ?? null;
      const drawn = drawToken(logits, options, of.seen, allowed, of.draw);
      if (!drawn) return end(of, 'stuck');
      of.logProbability += drawn.logProbability;
      if (options.endIds.includes(drawn.token)) return end(of, 'end');
      of.tokens.push(drawn.token);
      of.seen.add(drawn.token);
      of.constraint?.accept(drawn.token);
      if (options.onToken?.(of.reply, drawn.token) === 'stop') return end(of, 'stop');
      if (of.constraint?.isComplete) return end(of, 'complete');
      if (of.tokens.length >= room) return end(of, isCutByContext ? 'context' : 'length');
      return true;
    };

    while (running.length > 0 || waiting < options.count) {
      // A message that stops the reply can only arrive in a task of its own.
      await nextTask();
      if (options.signal?.aborted || first === null) break;
      while (free.length > 0 && waiting < options.count) {
        const region = free.pop() as number;
        const reply = waiting++;
        const begun = beginReply(reply, region, prompt, options);
        if (options.maxTokens < 1) end(begun, 'length');
        else if (advance(begun, first)) running.push(begun);
      }
      if (running.length === 0) continue;
      const logits = await this.decoder.read(running.map((of) => nextToken(of, prompt.length)));
      const width = logits.length / running.length;
      running = running.filter((of, i) => advance(of, logits.subarray(i * width, (i + 1) * width)));
    }
    for (const of of running) end(of, 'aborted');
    const none: GeneratedTokens = { tokens: [], logProbability: 0, finish: 'aborted' };
    return {
      replies: Array.from({ length: options.count }, (_, reply) => finished.get(reply) ?? none),
      prefillMs: readAt - begunAt,
      decodeMs: performance.now() - readAt,
    };
  }

  /** Reads a prompt into the first rows of the cache: logits of what comes next; null where the caller stopped it. */
  private async prefill(prompt: readonly number[], signal?: AbortSignal): Promise<Float32Array | null> {
    const { tokens: most } = this.decoder.passCapacity;
    let from = 0;
    // The last token is always read: its logits are not kept.
    while (from < prompt.length - 1 && from < this.prefix.length && this.prefix[from] === prompt[from])
      from++;
    this.prefix = this.prefix.slice(0, from);
    let logits: Float32Array | null = null;
    while (from < prompt.length) {
      await nextTask();
      if (signal?.aborted) return null;
      const ids = prompt.slice(from, from + most);
      const last = from + ids.length - 1;
      logits = await this.decoder.read(ids.map((id, i) => promptToken(id, from + i, from + i === last)));
      this.prefix.push(...ids);
      from += ids.length;
    }
    return logits;
  }

  private assertFits(prompt: readonly number[]): void {
    const { contextTokens } = this.decoder;
    if (prompt.length === 0)
      throw new VerbenaError('prompt-empty', 'The prompt has no tokens.', 'Write a prompt.');
    if (prompt.length >= contextTokens)
      throw new VerbenaError(
        'context-overflow',
        `The prompt has ${prompt.length} tokens and the context ${contextTokens}: there is no room for a reply.`,
        'Shorten the prompt (fewer examples in it), or open the model with a larger context.',
        { promptTokens: prompt.length, contextTokens },
      );
  }
}

function beginReply(
  reply: number,
  region: number,
  prompt: readonly number[],
  { seed, constrain, repetitionPenalty }: GenerationOptions,
): Running {
  return {
    reply,
    region,
    draw: random(seed, reply),
    constraint: constrain?.(reply) ?? null,
    tokens: [],
    seen: new Set(repetitionPenalty === 1 ? [] : prompt),
    logProbability: 0,
  };
}

/** A token of a prompt: it sees all before it, which lie in front of it. */
export function promptToken(id: number, position: number, isAsked: boolean): NewToken {
  return { id, position, slot: position, shared: 0, own: 0, isAsked };
}

/** The last token drawn, read to draw the next. */
function nextToken({ tokens, region }: Running, promptTokens: number): NewToken {
  const place = tokens.length - 1;
  return {
    id: tokens[place] as number,
    position: promptTokens + place,
    slot: region + place,
    shared: promptTokens,
    own: region,
    isAsked: true,
  };
}
