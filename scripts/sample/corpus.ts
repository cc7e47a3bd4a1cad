import { random, type Random } from '../../src/base/random.ts';
import * as generic from './generic.ts';
import { expand, pick, sentence, type Area, type Slots, type Topic } from './grammar.ts';
import { areas } from './topics/index.ts';

/** One row in HowSumm's step schema. */
export interface StepRow {
  readonly url: string;
  readonly title: string;
  /** The sentence that says what to do. */
  readonly 'target-summary': string;
  readonly method: string;
  /** The whole step: that sentence and what explains it. */
  readonly step: string;
  readonly sources: readonly string[];
  readonly categories: readonly string[];
}

export const sampleSeed = 20260921;

/** How rows are mixed. Tuned so that TF-IDF with logistic regression lands near 85 % micro-F1, not near 100 %. */
const mix = {
  rowScale: 0.97,
  secondTopic: 0.16,
  topicStep: 0.65,
  areaStep: 0.17,
  lead: 0.13,
  tail: 0.08,
  noDetail: 0.1,
  secondDetail: 0.4,
  topicDetail: 0.5,
  areaDetail: 0.15,
  aside: 0.09,
} as const;

interface Placed {
  readonly topic: Topic;
  readonly area: Area;
}

const placed: readonly Placed[] = areas.flatMap((area) => area.topics.map((topic) => ({ topic, area })));
const byLabel = new Map(placed.map((entry) => [entry.topic.label, entry]));

/** Every label of the sample with those above it, nearest first. */
export function labelPath({ topic, area }: Placed): readonly string[] {
  return [topic.label, ...topic.parents, area.label];
}

/** Writes the whole corpus: the same rows in the same order for the same seed. */
export function writeCorpus(seed: number = sampleSeed): StepRow[] {
  const articles: StepRow[][] = [];
  const urls = new Map<string, number>();
  placed.forEach((entry, index) => {
    const stream = random(seed, 1, index);
    let left = Math.round(entry.topic.rows * mix.rowScale);
    while (left > 0) {
      const article = writeArticle(entry, left, stream, urls);
      articles.push(article);
      left -= article.length;
    }
  });
  return random(seed, 2).shuffle(articles).flat();
}

function writeArticle(entry: Placed, limit: number, stream: Random, urls: Map<string, number>): StepRow[] {
  const { topic } = entry;
  const second = stream.next() < mix.secondTopic ? byLabel.get(pick(stream, topic.also)) : undefined;
  const subject = pick(stream, topic.subjects);
  const title = `How to ${headline(pick(stream, topic.titles), subject, stream)}`;
  const url = uniqueUrl(title, urls);
  const categories = [...new Set([...labelPath(entry), ...(second ? labelPath(second) : [])])];
  const count = Math.min(limit, 4 + stream.integer(6));
  const methods = [pick(stream, topic.methods), pick(stream, (second ?? entry).topic.methods)];
  const seen = new Set<string>();
  const rows: StepRow[] = [];
  while (rows.length < count) {
    const late = rows.length >= count / 2;
    const source = second && stream.next() < (late ? 0.6 : 0.15) ? second : entry;
    const slots = slotsFor(source === entry ? subject : pick(stream, source.topic.subjects), source, stream);
    const headlineSentence = writeStep(source, slots, stream);
    if (seen.has(headlineSentence)) continue;
    seen.add(headlineSentence);
    rows.push({
      url,
      title,
      'target-summary': headlineSentence,
      method: methods[late ? 1 : 0] ?? '',
      step: [headlineSentence, ...writeDetails(source, slots, stream)].join(' '),
      sources: stream.next() < 0.4 ? [`https://example.org/notes/${1 + stream.integer(900)}`] : [],
      categories,
    });
  }
  return rows;
}

function slotsFor(subject: string, { area }: Placed, stream: Random): Slots {
  const elsewhere = placed.filter((other) => other.area !== area);
  const { topic } = pick(stream, elsewhere);
  // Names that stand without an article: the topic's own, and its plurals.
  const plurals = topic.subjects.filter((name) => /^(?!(?:an?|the|your) ).*[^s]s$/.test(name));
  return { ...generic.slots, it: [subject], other: [topic.label.toLowerCase(), ...plurals] };
}

function writeStep({ topic, area }: Placed, slots: Slots, stream: Random): string {
  const draw = stream.next();
  const frames =
    draw < mix.topicStep ? topic.steps : draw < mix.topicStep + mix.areaStep ? area.steps : generic.steps;
  let words = expand(pick(stream, frames), slots, stream).trim();
  if (stream.next() < mix.tail) words += ` ${expand(pick(stream, generic.tails), slots, stream)}`;
  if (stream.next() < mix.lead) {
    const lead = expand(pick(stream, generic.leads), slots, stream);
    words = `${lead} ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
  }
  return sentence(words);
}

function writeDetails(entry: Placed, slots: Slots, stream: Random): string[] {
  if (stream.next() < mix.noDetail) return [];
  const first = pick(stream, detailFrames(entry, stream));
  const frames = new Set([first]);
  if (stream.next() < mix.secondDetail) frames.add(pick(stream, detailFrames(entry, stream)));
  return [...frames].map((frame) => sentence(expand(frame, slots, stream)));
}

function detailFrames({ topic, area }: Placed, stream: Random): readonly string[] {
  const draw = stream.next();
  const { topicDetail, areaDetail, aside } = mix;
  if (draw < topicDetail) return topic.details;
  if (draw < topicDetail + areaDetail) return area.details;
  return draw < topicDetail + areaDetail + aside ? generic.asides : generic.details;
}

const smallWords = new Set([
  'a',
  'an',
  'and',
  'at',
  'by',
  'for',
  'from',
  'in',
  'of',
  'on',
  'the',
  'to',
  'with',
  'who',
  'your',
]);

function headline(template: string, subject: string, stream: Random): string {
  return sentence(expand(template, { it: [subject] }, stream))
    .replace(/\.$/, '')
    .split(' ')
    .map((word, i) => (i > 0 && smallWords.has(word) ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(' ');
}

function uniqueUrl(title: string, urls: Map<string, number>): string {
  const slug = title
    .replace(/^How to /, '')
    .replaceAll(/[^A-Za-z0-9 -]/g, '')
    .replaceAll(' ', '-');
  const times = (urls.get(slug) ?? 0) + 1;
  urls.set(slug, times);
  return `https://example.org/how-to/${slug}${times > 1 ? `-${times}` : ''}`;
}

/** The corpus as JSON Lines, one row a line. */
export function toJsonLines(rows: readonly StepRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
