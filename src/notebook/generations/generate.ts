import { VerbenaError } from '../../base/errors.ts';
import type { Reply } from '../../core/incubator/replies.ts';
import {
  GeneratorError,
  type Generated,
  type GenerateRequest,
  type TextGenerator,
} from '../../services/generator/contract.ts';
import type { GenerationUsage } from './types.ts';

export class GenerationError extends VerbenaError<'generation-useless' | 'generation-exhausted'> {}

export interface GenerationPlan {
  readonly generator: TextGenerator;
  /** Objects wanted of the set as a whole. */
  readonly wanted: number;
  /** Objects that the set has now; asked after each reply. */
  readonly have: () => number;
  /** Most frequent reason for which replies fell, for an error that helps. */
  readonly complaint: () => string;
  /** The request for the n-th reply of the set, so that more of it later is not the same again. */
  readonly request: (draw: number) => GenerateRequest;
  /** Replies that the set has: where the draws go on. */
  readonly from: number;
  readonly usage: GenerationUsage;
  /** Of a million tokens. */
  readonly inputPrice: number;
  readonly outputPrice: number;
  /** Takes a reply for good; the loop waits for it. */
  readonly onReply: (reply: Reply, usage: GenerationUsage) => Promise<void>;
  /** What is being written, a text a request. */
  readonly onLive: (texts: readonly string[]) => void;
  readonly onNote: (note: string) => void;
  readonly signal: AbortSignal;
  /** Milliseconds before a busy server is asked again; doubles. */
  readonly backOffMs?: number;
}

/** Replies without a single usable object after which it is no bad luck any more. */
const patience = 16;
const retries = 3;

/**
 * Asks for replies, several at once where the generator can, until the set has what is wanted. Every reply is handed over, cut-off ones too.
 * Ends without an error when it is stopped. Throws `generation-useless` where nothing usable comes, `generation-exhausted` where too little does,
 * and what the generator throws, after the others under way have come in.
 */
export async function generateReplies(plan: GenerationPlan): Promise<GenerationUsage> {
  const { generator, wanted, signal } = plan;
  const before = plan.have();
  // An object a reply is what is asked for; three times as many replies as that, and it will not get better.
  const limit = Math.max(patience, 3 * (wanted - before) + patience);
  const live = new Map<number, string>();
  const said = new Set<string>();
  let usage = plan.usage;
  let started = 0;
  let came = 0;
  let failure: unknown = null;
  const lanes = Math.max(1, Math.min(generator.info.parallel, wanted - before));
  let cameAt = Number.NEGATIVE_INFINITY;
  /** Of the time that a reply took, what no other one was under way in as well. */
  const ownTime = (ms: number): number => {
    if (lanes === 1) return ms;
    const now = performance.now();
    const own = Math.min(ms, now - cameAt);
    cameAt = now;
    return own;
  };

  const showLive = () => plan.onLive([...live.values()]);
  const take = async (reply: Reply, made: Generated | null) => {
    usage = {
      requests: usage.requests + 1,
      promptTokens: usage.promptTokens + (made?.promptTokens ?? 0),
      newTokens: usage.newTokens + (made?.newTokens ?? 0),
      busyMs: usage.busyMs + (made ? ownTime(made.ms) : 0),
      cost:
        usage.cost +
        ((made?.promptTokens ?? 0) * plan.inputPrice + (made?.newTokens ?? 0) * plan.outputPrice) / 1e6,
    };
    came++;
    if (reply.text !== '' || reply.finish === 'end') await plan.onReply(reply, usage);
  };

  async function one(draw: number): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      live.set(draw, '');
      try {
        const made = await generator.generate(
          plan.request(draw),
          (piece) => {
            // The last pieces may be on their way when the reply is already in.
            if (!live.has(draw)) return;
            live.set(draw, (live.get(draw) ?? '') + piece);
            showLive();
          },
          signal,
        );
        live.delete(draw);
        if (made.note !== null && !said.has(made.note)) {
          said.add(made.note);
          plan.onNote(made.note);
        }
        await take(made.reply, made);
        return;
      } catch (error) {
        const partial = error instanceof GeneratorError ? error.details['partial'] : undefined;
        const text = typeof partial === 'string' && partial !== '' ? partial : (live.get(draw) ?? '');
        live.delete(draw);
        if (text !== '') await take({ text, finish: 'failed' }, null);
        const mayPass = error instanceof GeneratorError && error.code === 'endpoint-busy';
        if (!mayPass || attempt >= retries || signal.aborted) throw error;
        await pause((plan.backOffMs ?? 1000) * 2 ** attempt, signal);
      } finally {
        showLive();
      }
    }
  }

  async function lane(): Promise<void> {
    while (!signal.aborted && failure === null && plan.have() < wanted && started < limit) {
      // What is under way will probably do: no more is begun than is still wanted.
      if (plan.have() + live.size >= wanted) {
        await pause(20, signal);
        continue;
      }
      try {
        await one(plan.from + started++);
      } catch (error) {
        failure ??= error;
      }
      if (came >= patience && plan.have() === before) failure ??= useless(came, plan.complaint());
    }
  }

  await Promise.all(Array.from({ length: lanes }, lane));
  plan.onLive([]);
  if (signal.aborted) return usage;
  if (failure !== null) throw failure;
  if (plan.have() < wanted)
    throw new GenerationError(
      'generation-exhausted',
      `${came} replies came to ${plan.have() - before} of the ${wanted - before} objects that were wanted. Most often: ${plan.complaint()}.`,
      'What came is kept. Generate more, raise the temperature, try another prompt, or allow near duplicates.',
      { replies: came },
    );
  return usage;
}

const useless = (replies: number, complaint: string) =>
  new GenerationError(
    'generation-useless',
    `None of ${replies} replies held a usable object. Most often: ${complaint}.`,
    'Turn on constrained sampling, allow longer replies, choose another prompt or a larger model. The replies are kept and shown under “Dropped”.',
    { replies },
  );

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
