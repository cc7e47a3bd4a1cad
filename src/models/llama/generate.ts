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

/** One call of `generate`, while any of its replies is to be drawn. */
interface Job {
  readonly prompt: readonly number[];
  readonly options: GenerationOptions;
  /** Most tokens of a reply of it. */
  readonly room: number;
  readonly finished: Map<number, GeneratedTokens>;
  /** Replies that were begun. */
  begun: number;
  /** What comes behind the prompt, where the prompt lies whole in the shared rows. */
  first: Float32Array | null;
  begunAt: number | null;
  prefillMs: number;
  /** Of its own, in its constraint or its listener: other calls go on. */
  fault: { readonly error: unknown } | null;
  readonly resolve: (outcome: GenerationOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows of the cache. */
interface Region {
  readonly start: number;
  readonly length: number;
}

/** A reply while it is drawn. */
interface Running {
  readonly job: Job;
  readonly reply: number;
  /** Tokens of the prompt that it sees in the shared rows; the others lie at the beginning of its own. */
  readonly shared: number;
  readonly region: Region;
  readonly draw: Random;
  readonly constraint: TokenConstraint | null;
  readonly tokens: number[];
  readonly seen: Set<number>;
  logProbability: number;
}

/**
 * Draws replies with one decoder, several at once: those of one call, and those of calls made while others run, whose next tokens are read in one
 * pass. What comes out of a call does not depend on the others, but for rounding. The first prompt lies in the first rows of the cache, and
 * all share what they have in common with it; the rest of a prompt and the reply lie in rows of the reply's own, and a free place takes the
 * next reply at once. Not while the decoder learns.
 */
export class Generator {
  /** Tokens whose keys and values lie in the first rows of the cache. Stays as it is while anything runs. */
  private prefix: number[] = [];
  /** In the order of their calls; those whose replies have all begun too, until the last one has ended. */
  private jobs: Job[] = [];
  private running: Running[] = [];
  private isAtWork = false;

  constructor(private readonly decoder: Decoder) {}

  /** Forgets what was read: must be called when the decoder's weights have changed. */
  forget(): void {
    this.prefix = [];
  }

  /**
   * An abort ends it between two tokens; what was drawn is returned. Throws `context-overflow`, `sampling-invalid`, `prompt-empty`, and
   * what a pass of the engine throws.
   */
  async generate(prompt: readonly number[], options: GenerationOptions): Promise<GenerationOutcome> {
    assertSampling(options);
    this.assertFits(prompt);
    const room = Math.min(Math.max(1, options.maxTokens), this.decoder.contextTokens - prompt.length);
    const outcome = new Promise<GenerationOutcome>((resolve, reject) => {
      const fresh = { finished: new Map(), begun: 0, first: null, begunAt: null, prefillMs: 0, fault: null };
      this.jobs.push({ prompt, options, room, resolve, reject, ...fresh });
    });
    if (!this.isAtWork) void this.work();
    return outcome;
  }

  /** Until nothing is left to draw. Never rejects: each call hears of its own faults, and all of the engine's. */
  private async work(): Promise<void> {
    this.isAtWork = true;
    try {
      while (this.jobs.length > 0) {
        // A message that stops a reply can only arrive in a task of its own.
        await nextTask();
        this.settle();
        await this.admit();
        if (this.running.length > 0) await this.pass();
        this.settle();
      }
    } catch (error) {
      // What lies in the cache is not known any more.
      this.prefix = [];
      this.running = [];
      for (const { reject } of this.jobs.splice(0)) reject(error);
    } finally {
      this.isAtWork = false;
    }
  }

  /** One more token of every reply. */
  private async pass(): Promise<void> {
    const logits = await this.decoder.read(this.running.map(nextToken));
    const width = logits.length / this.running.length;
    this.running = this.running.filter((of, i) =>
      this.advance(of, logits.subarray(i * width, (i + 1) * width)),
    );
  }

  /** Ends what was stopped, and answers calls that have all their replies. */
  private settle(): void {
    this.running = this.running.filter(({ job }) => !job.fault);
    this.running = this.running.filter((of) => !of.job.options.signal?.aborted || end(of, 'aborted'));
    this.jobs = this.jobs.filter((job) => {
      if (job.fault) {
        job.reject(job.fault.error);
        return false;
      }
      const { options, finished, begunAt, prefillMs } = job;
      const isStopped = options.signal?.aborted ?? false;
      if (finished.size < (isStopped ? job.begun : options.count)) return true;
      const none: GeneratedTokens = { tokens: [], logProbability: 0, finish: 'aborted' };
      job.resolve({
        replies: Array.from({ length: options.count }, (_, reply) => finished.get(reply) ?? none),
        prefillMs,
        decodeMs: begunAt === null ? 0 : performance.now() - begunAt - prefillMs,
      });
      return false;
    });
  }

  /** Begins replies in the order of their calls, as far as there are places and rows. */
  private async admit(): Promise<void> {
    for (const job of this.jobs) {
      while (job.begun < job.options.count && this.running.length < this.decoder.sequences) {
        if (job.fault || job.options.signal?.aborted) break;
        job.begunAt ??= performance.now();
        const of = this.place(job);
        if (!of) return;
        const startedAt = performance.now();
        const logits = await this.readPrompt(of);
        job.prefillMs += performance.now() - startedAt;
        if (!logits) break;
        job.begun++;
        if (job.options.maxTokens < 1) end(of, 'length');
        else if (this.advance(of, logits)) this.running.push(of);
      }
    }
  }

  /** Rows for the next reply of a call; null where it has to wait for some. */
  private place(job: Job): Running | null {
    const { prompt, options, room, begun: reply } = job;
    const isAlone = this.running.length === 0;
    // The last token of a prompt is read for what comes next, unless that is known.
    const common = commonLength(this.prefix, prompt);
    const isRead = job.first !== null && common === prompt.length;
    if (!isRead) job.first = null;
    else if (isAlone) this.prefix = [...prompt];
    const shared = isAlone || isRead ? prompt.length : Math.min(common, prompt.length - 1);
    const from = isAlone ? prompt.length : Math.max(this.prefix.length, shared);
    const start = this.gap(from, prompt.length - shared + room);
    if (start === null) return null;
    return {
      job,
      reply,
      shared,
      region: { start, length: prompt.length - shared + room },
      draw: random(options.seed, reply),
      constraint: options.constrain?.(reply) ?? null,
      tokens: [],
      seen: new Set(options.repetitionPenalty === 1 ? [] : prompt),
      logProbability: 0,
    };
  }

  /** The first free rows from `from` on. */
  private gap(from: number, length: number): number | null {
    let start = from;
    for (const { region } of this.running.toSorted((a, b) => a.region.start - b.region.start)) {
      if (region.start - start >= length) break;
      start = Math.max(start, region.start + region.length);
    }
    return start + length <= this.decoder.cacheRows ? start : null;
  }

  /** Logits behind a reply's prompt; null where its call was stopped meanwhile. */
  private async readPrompt({ job, shared, region }: Running): Promise<Float32Array | null> {
    const { prompt } = job;
    if (job.first && shared === prompt.length) return job.first;
    if (shared < prompt.length) {
      const rest = (at: number, isAsked: boolean): NewToken => ({
        id: prompt[at] as number,
        position: at,
        slot: region.start + at - shared,
        shared,
        own: region.start,
        isAsked,
      });
      return this.readFrom(job, shared, rest, () => undefined);
    }
    // Nothing else runs: the prompt becomes the shared one.
    const from = Math.min(commonLength(this.prefix, prompt), prompt.length - 1);
    this.prefix = this.prefix.slice(0, from);
    const logits = await this.readFrom(
      job,
      from,
      (at, isAsked) => promptToken(prompt[at] as number, at, isAsked),
      (read) => this.prefix.push(...read),
    );
    job.first = logits;
    return logits;
  }

  private async readFrom(
    { prompt, options }: Job,
    start: number,
    tokenAt: (at: number, isAsked: boolean) => NewToken,
    onRead: (tokens: readonly number[]) => void,
  ): Promise<Float32Array | null> {
    const { tokens: most } = this.decoder.passCapacity;
    const last = prompt.length - 1;
    let logits: Float32Array | null = null;
    for (let from = start; from <= last; from += most) {
      await nextTask();
      if (options.signal?.aborted) return null;
      const ats = Array.from({ length: Math.min(most, last + 1 - from) }, (_, i) => from + i);
      logits = await this.decoder.read(ats.map((at) => tokenAt(at, at === ats.at(-1))));
      onRead(prompt.slice(from, from + ats.length));
    }
    return logits;
  }

  /** Draws the next token of a reply; false where the reply has ended. */
  private advance(of: Running, logits: Float32Array): boolean {
    const { options, room } = of.job;
    try {
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
      if (of.tokens.length < room) return true;
      return end(of, room < options.maxTokens ? 'context' : 'length');
    } catch (error) {
      of.job.fault = { error };
      return false;
    }
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

/** Notes a reply's end; false, since it goes on no more. */
function end({ job, reply, tokens, logProbability }: Running, finish: Finish): false {
  job.finished.set(reply, { tokens, logProbability, finish });
  return false;
}

/** How many tokens two prompts begin with alike. */
function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}

/** A token of a prompt: it sees all before it, which lie in front of it. */
export function promptToken(id: number, position: number, isAsked: boolean): NewToken {
  return { id, position, slot: position, shared: 0, own: 0, isAsked };
}

/** The last token drawn, read to draw the next. */
function nextToken({ job, shared, region, tokens }: Running): NewToken {
  const place = tokens.length - 1;
  const { length } = job.prompt;
  return {
    id: tokens[place] as number,
    position: length + place,
    slot: region.start + length - shared + place,
    shared,
    own: region.start,
    isAsked: true,
  };
}
