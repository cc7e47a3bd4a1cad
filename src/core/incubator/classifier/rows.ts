import { random } from '../../../base/random.ts';
import type { GeneratedSet } from '../types.ts';
import type { LabelledTexts } from './linear.ts';

/**
 * The texts of a generated set with their classes, object by object; blank texts are left out. A text that stands under two classes or more
 * teaches nothing and is left out as well.
 */
export function labelledTexts({
  labels,
  samples,
}: GeneratedSet): LabelledTexts & { readonly dropped: number } {
  const classes = new Map<string, number>();
  const isTorn = new Set<string>();
  for (const texts of samples)
    texts.forEach((text, label) => {
      const before = classes.get(text);
      if (before !== undefined && before !== label) isTorn.add(text);
      else classes.set(text, label);
    });
  const texts: string[] = [];
  const classOf: number[] = [];
  let dropped = 0;
  for (const sample of samples)
    sample.forEach((text, label) => {
      if (text.trim() === '' || isTorn.has(text) || label >= labels.length) dropped++;
      else {
        texts.push(text);
        classOf.push(label);
      }
    });
  return { labels, texts, classOf: Uint32Array.from(classOf), dropped };
}

/**
 * Cuts a set by whole objects, so that no text made beside a training text is judged. `share` goes to the second part, at least one object
 * where there are two. Seeded.
 */
export function holdOut(
  set: GeneratedSet,
  share: number,
  seed: number,
): { readonly training: GeneratedSet; readonly heldOut: GeneratedSet } {
  const count = set.samples.length;
  const held = count < 2 ? 0 : Math.min(count - 1, Math.max(1, Math.round(share * count)));
  const order = random(seed, 0x401d).shuffle(Uint32Array.from({ length: count }, (_, at) => at));
  const part = (rows: Uint32Array) => ({
    ...set,
    samples: Array.from(rows.sort(), (row) => set.samples[row] ?? []),
  });
  return { heldOut: part(order.slice(0, held)), training: part(order.slice(held)) };
}
