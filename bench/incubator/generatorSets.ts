import { collect, normalised, type DropReason, type Reply } from '../../src/core/incubator/replies.ts';
import { pairPrompt, type PairExample } from '../../src/core/incubator/tuningSet/subsets.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import { TextStream, type GenerativeTokenizer } from '../../src/core/tokenizer/generative.ts';
import { exampleOf, promptIds } from '../../src/models/llama/chat.ts';
import { Decoder } from '../../src/models/llama/decoder.ts';
import type { CausalExample } from '../../src/models/llama/feed.ts';
import { Generator, type Finish } from '../../src/models/llama/generate.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { constraintsOf } from '../../src/services/decoder/constraint.ts';
import { beginId, config, endId, keptJson, keptTraining, lowering, type Tuning } from './generatorBase.ts';

/** One way of drawing for every generator, so that what differs is the weights. */
const sampling = { temperature: 0.9, topP: 0.95, minP: 0, topK: 0, repetitionPenalty: 1 } as const;
const sequences = 8;

export interface Drawing {
  readonly description: string;
  readonly labels: readonly string[];
  readonly maxTextChars: number;
  /** Tokens of a reply at most. */
  readonly maxTokens: number;
  /** Objects wanted, no two alike. */
  readonly objects: number;
  readonly seed: number;
  /** False: nothing keeps the reply in the form of an object. */
  readonly isConstrained?: boolean;
}

export interface DrawnSet extends GeneratedSet {
  readonly replies: number;
  readonly finishes: Readonly<Partial<Record<Finish, number>>>;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  readonly tokens: number;
  readonly minutes: number;
  readonly cpuMinutes: number;
  /** What a reader wants to see. */
  readonly firstReplies: readonly string[];
}

const templateless = { template: 'none', beginId } as const;

export function learnable(tokenizer: GenerativeTokenizer, examples: readonly PairExample[]): CausalExample[] {
  return examples.map((example) => exampleOf(tokenizer, example, { ...templateless, endIds: [endId] }));
}

/** A generator after one round of instruction tuning of all its weights, kept under `name`. */
export function tunedOn(
  name: string,
  tokenizer: GenerativeTokenizer,
  from: WeightSource,
  examples: () => readonly PairExample[],
  { seed, batchSize = 16, learningRate = 2e-3 }: Pick<Tuning, 'seed'> & Partial<Tuning>,
) {
  const tuning = { epochs: 1, batchSize, learningRate, seed };
  return keptTraining(name, from, () => learnable(tokenizer, examples()), tuning);
}

/** Objects of one generator for one instruction, drawn until there are enough or every second reply has fallen; kept under `name`. */
export function drawnSet(
  name: string,
  tokenizer: GenerativeTokenizer,
  weights: WeightSource,
  drawing: Drawing,
): Promise<DrawnSet> {
  return keptJson(name, async () => {
    const made = await draw(tokenizer, weights, drawing);
    console.log(
      `${name}: ${made.samples.length} objects of ${made.replies} replies, ${made.tokens} tokens, ${made.minutes.toFixed(1)} min (${made.cpuMinutes.toFixed(1)} of CPU)`,
    );
    return made;
  });
}

async function draw(
  tokenizer: GenerativeTokenizer,
  weights: WeightSource,
  { description, labels, maxTextChars, maxTokens, objects, seed, isConstrained = true }: Drawing,
): Promise<DrawnSet> {
  const prompt = promptIds(tokenizer, pairPrompt({ description, labels }), templateless);
  const contextTokens = prompt.length + maxTokens + 1;
  const decoder = await Decoder.create({ config, weights, lowering, contextTokens, sequences });
  try {
    const generator = new Generator(decoder);
    const rules = { kind: 'json-object', keys: labels, maxValueLength: maxTextChars } as const;
    const constrain = constraintsOf(tokenizer, rules, [endId], config.vocab_size);
    const replies: Reply[] = [];
    const finishes: Partial<Record<Finish, number>> = {};
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
    let tokens = 0;
    let found = collect([], { labels });
    while (found.kept.length < objects && replies.length < 2 * objects) {
      const made = await generator.generate(prompt, {
        ...sampling,
        maxTokens,
        count: objects - found.kept.length,
        // Reply i of a request is drawn by (seed, i): further rounds need another seed.
        seed: seed + 1000 * replies.length,
        endIds: [endId],
        ...(isConstrained ? { constrain } : {}),
      });
      for (const reply of made.replies) {
        tokens += reply.tokens.length;
        finishes[reply.finish] = (finishes[reply.finish] ?? 0) + 1;
        const isCut = reply.finish === 'length' || reply.finish === 'context';
        replies.push({ text: textOf(tokenizer, reply.tokens), finish: isCut ? 'length' : 'end' });
      }
      found = collect(replies, { labels, maxTextChars: 8000, dropNearDuplicates: false });
      if (!isConstrained) break;
    }
    const used = process.cpuUsage(cpu);
    return {
      instruction: description,
      labels,
      samples: found.kept.map(({ texts }) => texts),
      replies: replies.length,
      finishes,
      drops: found.counts,
      tokens,
      minutes: (performance.now() - startedAt) / 60_000,
      cpuMinutes: (used.user + used.system) / 60e6,
      firstReplies: replies.slice(0, 8).map(({ text }) => text),
    };
  } finally {
    decoder.dispose();
  }
}

function textOf(tokenizer: GenerativeTokenizer, tokens: readonly number[]): string {
  const stream = new TextStream(tokenizer);
  return tokens.map((token) => stream.push(token)).join('') + stream.end();
}

export interface Copied {
  /** Share of the texts that say, letter for letter but for case and marks, what a text of the others says. */
  readonly texts: number;
  /** Share of the objects all of whose texts do. */
  readonly objects: number;
  /** Share of runs of five words that also stand in the others. */
  readonly fiveWords: number;
}

/** How much of a set was said before. */
export function copiedFrom(set: GeneratedSet, others: GeneratedSet): Copied {
  const said = new Set(others.samples.flat().map(normalised));
  const runs = new Set(others.samples.flat().flatMap(runsOfFive));
  const texts = set.samples.flat();
  const own = texts.flatMap(runsOfFive);
  const share = <T>(all: readonly T[], holds: (one: T) => boolean) =>
    all.length === 0 ? 0 : all.filter(holds).length / all.length;
  return {
    texts: share(texts, (text) => said.has(normalised(text))),
    objects: share(set.samples, (object) => object.every((text) => said.has(normalised(text)))),
    fiveWords: share(own, (run) => runs.has(run)),
  };
}

function runsOfFive(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  return words.slice(4).map((_, at) => words.slice(at, at + 5).join(' '));
}
