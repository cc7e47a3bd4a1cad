import { normalised } from './replies.ts';
import type { GeneratedSet } from './types.ts';

/** Figures of one class: a classifier learns from what differs between classes, and length or the class's name may be all that does. */
export interface ClassFigures {
  readonly label: string;
  readonly texts: number;
  /** Share of texts that no other text of the class equals after normalising. */
  readonly distinct: number;
  readonly meanWords: number;
  readonly medianWords: number;
  /** Share of texts that stand under another class as well, after normalising: whatever is learned of them is wrong for one of the two. */
  readonly inOtherClasses: number;
  /** Share of texts in which every word of the class's name occurs: what a classifier can read off. */
  readonly namesItself: number;
}

export interface Balance {
  readonly classes: readonly ClassFigures[];
  /** Longest mean over shortest mean: 1 is even. Where it is large, length alone tells classes apart. */
  readonly lengthRatio: number;
}

/** Figures of every class of a set; zeros where there is no object. */
export function balanceOf({ labels, samples }: GeneratedSet): Balance {
  const keys = samples.map((sample) => sample.map(normalised));
  const classesOf = new Map<string, Set<number>>();
  for (const sample of keys)
    sample.forEach((key, at) => {
      const found = classesOf.get(key);
      if (found) found.add(at);
      else classesOf.set(key, new Set([at]));
    });
  const classes = labels.map((label, at): ClassFigures => {
    const texts = samples.map((sample) => sample[at] ?? '');
    const own = keys.map((sample) => sample[at] ?? '');
    const lengths = texts.map((text) => text.split(/\s+/u).filter(Boolean).length).sort((a, b) => a - b);
    const name = label.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const named = texts.filter((text) => {
      const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
      return name.length > 0 && name.every((word) => words.has(word));
    }).length;
    const share = (count: number) => (texts.length === 0 ? 0 : count / texts.length);
    return {
      label,
      texts: texts.length,
      distinct: share(new Set(own).size),
      meanWords: share(lengths.reduce((sum, length) => sum + length, 0)),
      medianWords: lengths[Math.floor(lengths.length / 2)] ?? 0,
      inOtherClasses: share(own.filter((key) => (classesOf.get(key)?.size ?? 0) > 1).length),
      namesItself: share(named),
    };
  });
  const means = classes.map(({ meanWords }) => meanWords);
  const shortest = Math.min(...means);
  return { classes, lengthRatio: shortest > 0 ? Math.max(...means) / shortest : 1 };
}
