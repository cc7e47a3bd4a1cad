import { random } from '../../../base/random.ts';
import { categoryKey, parseCategories } from '../../verbNoun/category.ts';
import type { InstructionPair, LabelledInstruction } from './files.ts';

export interface HonestSplitOptions {
  readonly seed: number;
  /** Share of the similarity test's intents that no training text has. 0.3 */
  readonly heldOutShare?: number;
}

export interface HonestSplit {
  readonly train: readonly LabelledInstruction[];
  /** Texts with weak labels that may be trained on beside. */
  readonly weak: readonly LabelledInstruction[];
  readonly clusteringTest: readonly LabelledInstruction[];
  readonly similarityTest: readonly InstructionPair[];
  /** Why rows are not trained on. */
  readonly dropped: {
    readonly duplicateText: number;
    readonly testText: number;
    readonly testCategory: number;
    readonly heldOutIntent: number;
  };
}

export interface HonestSplitInput {
  /** `ift_test.json` */
  readonly labelled: readonly LabelledInstruction[];
  /** `intention_similarity_test.json` */
  readonly pairs: readonly InstructionPair[];
  /** `eft_test.json` */
  readonly clusteringTest: readonly LabelledInstruction[];
  /** Texts of `eft_train_unsup.json` with the categories that an extractor gave them. */
  readonly weak?: readonly LabelledInstruction[];
}

/**
 * The split for claims (PAPERS.md, "honest protocol"): training on IFT-test and the IIS texts, clustering tested on EFT-test, similarity
 * on pairs whose two intents are both held out. No training row shares its text or any of its merged categories with a test row; intents
 * joined by `##` are held out together.
 */
export function honestSplit(
  { labelled, pairs, clusteringTest, weak = [] }: HonestSplitInput,
  { seed, heldOutShare = 0.3 }: HonestSplitOptions,
): HonestSplit {
  const groups = mergedGroups([
    ...labelled.map(({ category }) => category),
    ...pairs.flatMap(({ intents }) => intents),
    ...clusteringTest.map(({ category }) => category),
    ...weak.map(({ category }) => category),
  ]);
  const testGroups = new Set(clusteringTest.map(({ category }) => groups(category)));
  const intents = [...new Set(pairs.flatMap((pair) => pair.intents.map(groups)))];
  const heldOut = new Set(
    random(seed)
      .shuffle(intents)
      .slice(0, Math.round(heldOutShare * intents.length)),
  );
  const similarityTest = pairs.filter((pair) => pair.intents.every((intent) => heldOut.has(groups(intent))));
  const testTexts = new Set([
    ...clusteringTest.map(({ text }) => normal(text)),
    ...similarityTest.flatMap(({ texts }) => texts.map(normal)),
  ]);

  const dropped = { duplicateText: 0, testText: 0, testCategory: 0, heldOutIntent: 0 };
  const taken = new Set<string>();
  const mayTrain = ({ text, category }: LabelledInstruction) => {
    const key = normal(text);
    const reason = taken.has(key)
      ? 'duplicateText'
      : testTexts.has(key)
        ? 'testText'
        : testGroups.has(groups(category))
          ? 'testCategory'
          : heldOut.has(groups(category))
            ? 'heldOutIntent'
            : null;
    if (reason !== null) dropped[reason]++;
    else taken.add(key);
    return reason === null;
  };
  const ofPairs = pairs.flatMap(({ texts, intents: [a, b] }) => [
    { text: texts[0], category: a },
    { text: texts[1], category: b },
  ]);
  const train = [...labelled, ...ofPairs].filter(mayTrain);
  return { train, weak: weak.filter(mayTrain), clusteringTest, similarityTest, dropped };
}

/** Labels that share a merged pair, in a chain too, are one group: its number. */
function mergedGroups(labels: readonly string[]): (label: string) => number {
  const parent = new Map<string, string>();
  const root = (key: string): string => {
    let at = key;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  const keysOf = (label: string) => {
    const keys = parseCategories(label).map(categoryKey);
    return keys.length > 0 ? keys : [label];
  };
  for (const label of new Set(labels)) {
    const [first = label, ...others] = keysOf(label);
    if (!parent.has(first)) parent.set(first, first);
    for (const key of others) {
      if (!parent.has(key)) parent.set(key, key);
      parent.set(root(key), root(first));
    }
  }
  const numbers = new Map<string, number>();
  return (label) => {
    const key = root(keysOf(label)[0] ?? label);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
}

function normal(text: string): string {
  return text.trim().replace(/\s+/gu, ' ').toLowerCase();
}
