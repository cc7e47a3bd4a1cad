import { examplesOf } from '../../src/core/incubator/tuningSet/subsets.ts';
import type { ClassificationReport } from '../../src/core/incubator/classifier/evaluation.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import { takeObjects } from '../../src/core/incubator/diversity/diversify.ts';
import { normalised } from '../../src/core/incubator/replies.ts';
import type { TuningPair } from '../../src/core/incubator/tuningSet/types.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import type { GenerativeTokenizer } from '../../src/core/tokenizer/generative.ts';
import { Decoder } from '../../src/models/llama/decoder.ts';
import { meanLoss } from '../../src/models/llama/score.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { shuffled } from './data.ts';
import { baseGenerator, config, keptJson, lowering, type Learned } from './generatorBase.ts';
import {
  curveOver,
  drawingOf,
  figures,
  furtherTuned,
  head,
  judgeOver,
  rowsOf,
  wordings,
  wordingTable,
  type Judge,
} from './generatorFigures.ts';
import { copiedFrom, drawnSet, learnable, tunedOn, type DrawnSet } from './generatorSets.ts';
import { otherDescriptions, usualDescription } from './generatorTasks.ts';
import { learnedPairs, pairsOfRows, trecTask, wholeObjects, type RowTask } from './generatorRows.ts';
import { judged, table } from './judge.ts';

// The generator of generator.ts where classes are easier to read, TREC's types of questions: tuned on objects of labelled real rows.

/** The base generator, and the same after each round of instruction tuning of all its weights. */
async function generatorsOf(task: RowTask) {
  const { tokenizer, weights } = await baseGenerator();
  const after: { readonly weights: WeightSource; readonly learned: Learned; readonly gap: Gap }[] = [];
  for (const round of task.rounds.keys()) {
    const name = round === 0 ? task.name : `${task.name}-longer`;
    const from = after.at(-1)?.weights ?? weights;
    const examples = () => examplesOf(learnedPairs(task, round));
    const tuned = await tunedOn(name, tokenizer, from, examples, { seed: round + 1 });
    const gap = await keptJson(`${name}-gap`, () => classGap(task, tokenizer, tuned.weights));
    after.push({ ...tuned, gap });
    console.log(name, JSON.stringify(after.at(-1)?.gap));
  }
  return { tokenizer, base: weights, after };
}

/** Nats a token of objects under their class names, and of the same texts under the next class's. */
interface Gap {
  readonly learned: readonly [right: number, swapped: number];
  readonly unseen: readonly [right: number, swapped: number];
}

/** Whether the class is read at all: on 200 objects that were learned, and on objects of test rows. */
async function classGap(task: RowTask, tokenizer: GenerativeTokenizer, weights: WeightSource): Promise<Gap> {
  const decoder = await Decoder.create({ config, weights, lowering, contextTokens: 512, sequences: 8 });
  const swapped = (pair: TuningPair): TuningPair => ({
    ...pair,
    samples: pair.samples.map((texts) => [...texts.slice(1), texts[0] ?? '']),
  });
  const cost = (pairs: readonly TuningPair[]) => meanLoss(decoder, learnable(tokenizer, examplesOf(pairs)));
  try {
    const of = async (pairs: readonly TuningPair[]) =>
      [await cost(pairs), await cost(pairs.map(swapped))] as const;
    return {
      learned: await of(learnedPairs(task, 0).slice(0, 25)),
      unseen: await of(pairsOfRows(task, task.rows.test, 18, 1)),
    };
  } finally {
    decoder.dispose();
  }
}

const seeds = [1, 2, 3, 4, 5] as const;
/** Objects of the longest tuned generator that one round of diversification starts from; five of them make the curve. */
const poolObjects = 512;
const curveSizes = [16, 32, 64, 128, 256, 512, 1024, 2048] as const;

const rowNames = {
  objects: 'none: objects of real rows that it was tuned on',
  untuned: 'without tuning',
  tuned: 'tuned',
  longer: 'tuned longer',
  random: 'tuned further on 64 of its objects at random',
  kmeans: 'tuned further on 64 kept by self-diversification',
} as const;

type Made = Awaited<ReturnType<typeof generatorsOf>>;
const longest = ({ tokenizer, base, after }: Made) => ({ tokenizer, weights: after.at(-1)?.weights ?? base });

function poolOf(task: RowTask, seed: number, made: Made): Promise<DrawnSet> {
  const { tokenizer, weights } = longest(made);
  const drawing = drawingOf(task, { ...task.size, objects: poolObjects }, seed);
  return drawnSet(`${task.name}-pool-${seed}`, tokenizer, weights, drawing);
}

/** What every generator wrote, by name. */
async function setsOf(task: RowTask, seed: number, made: Made) {
  const { tokenizer, base, after } = made;
  const { name, size } = task;
  const drawing = drawingOf(task, size, seed);
  const pool = await poolOf(task, seed, made);
  const once = after[0]?.weights ?? base;
  return {
    untuned: await drawnSet(`${name}-untuned-${seed}`, tokenizer, base, drawing),
    tuned: await drawnSet(`${name}-tuned-${seed}`, tokenizer, once, drawing),
    longer: { ...pool, samples: pool.samples.slice(0, size.objects) },
    ...(await furtherTuned(name, task, pool, longest(made), size, seed)),
  };
}

/** Every row that could be learned, in the form of a set. */
const learnedRows = ({ name, rows: { real } }: RowTask): GeneratedSet => ({
  instruction: name,
  labels: real.labels,
  samples: real.texts.map((text) => [text]),
});

/** Whether what was recited carries the rest: texts copied by class, and the classifier without them. */
async function withoutCopies(set: GeneratedSet, learned: GeneratedSet, { test }: Judge) {
  const said = new Set(learned.samples.flat().map(normalised));
  const samples = set.samples.map((texts) => texts.map((text) => (said.has(normalised(text)) ? '' : text)));
  const own = labelledTexts({ ...set, samples });
  const { accuracy, macroF1 } = await judged(own, test);
  const copiedByClass = Object.fromEntries(
    set.labels.map((label, at) => [
      label,
      copiedFrom({ ...set, samples: set.samples.map((texts) => [texts[at] ?? '']) }, learned).texts,
    ]),
  );
  return { accuracy, macroF1, texts: own.texts.length, copiedByClass };
}

const both = ({ accuracy, macroF1 }: ClassificationReport) =>
  `${accuracy.toFixed(3)} / ${macroF1.toFixed(3)}`;

/** In other words than were learned, and with other names for the classes. */
function otherWordings(task: RowTask, judge: Judge, made: Made) {
  const { name, labels, otherLabels, size } = task;
  const renamed = { ...task, labels: otherLabels };
  const asked = [
    { name: 'learned wording', description: usualDescription(task), labels },
    ...otherDescriptions(task).map(([title, description]) => ({ name: title, description, labels })),
    {
      name: `other names: ${otherLabels.map((label) => `“${label}”`).join(', ')}`,
      description: usualDescription(renamed),
      labels: otherLabels,
    },
  ];
  return wordings(name, asked, judge, longest(made), { ...size, objects: 128 }, [1]);
}

/** Without tuning, with it, longer, and further on what was kept; then the curve over objects, and other wordings. */
async function measured(task: RowTask) {
  const made = await generatorsOf(task);
  const { real, test } = task.rows;
  const judge = await judgeOver(real, test);
  const [tunedOn, rows] = [wholeObjects(task), learnedRows(task)];
  const bySeed = [];
  const bare = [];
  const pooled = new Map<string, GeneratedSet>();
  for (const seed of seeds) {
    const sets = await setsOf(task, seed, made);
    const first = Uint32Array.from({ length: task.size.objects }, (_, i) => i);
    const objects = takeObjects(shuffled(tunedOn, seed), first);
    for (const [name, set] of Object.entries({ objects, ...sets }))
      pooled.set(name, { ...set, samples: [...(pooled.get(name)?.samples ?? []), ...set.samples] });
    bySeed.push(
      await keptJson(`${task.name}-figures-${seed}`, () => figures({ objects, ...sets }, rows, judge)),
    );
    bare.push(await withoutCopies(sets.longer, rows, judge));
    console.log(table(head, rowsOf(bySeed, rowNames)), JSON.stringify(bare.at(-1)));
  }
  const all = await judged(real, test);
  const pools = [];
  for (const seed of seeds) pools.push(await poolOf(task, seed, made));
  const together: Record<string, string> = {};
  for (const [name, set] of pooled) together[name] = both(await judged(labelledTexts(set), test));
  const drawn = await curveOver(pools, curveSizes, test);
  const learned = await curveOver([tunedOn], curveSizes, test);
  const lines = await otherWordings(task, judge, made);
  const text = [
    `Learning: ${JSON.stringify(made.after.map(({ learned: by, gap }) => ({ by, gap })))}`,
    `${test.texts.length} test rows, majority ${all.majority.toFixed(3)}; all ${real.texts.length} real rows ${both(all)}`,
    table(head, rowsOf(bySeed, rowNames)),
    `All seeds' objects together: ${JSON.stringify(together)}`,
    `Without copies: ${JSON.stringify(bare)}`,
    `${drawn.distinct} distinct of ${drawn.objects}\n\n${drawn.text}`,
    `Of ${learned.objects} learned\n\n${learned.text}`,
    wordingTable(lines),
  ].join('\n\n');
  return { text, data: { bySeed, bare, together, drawn, learned, lines } };
}

export const generatorTrec = () => measured(trecTask());
