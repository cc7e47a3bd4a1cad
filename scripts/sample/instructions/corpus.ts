import { random, type Random } from '../../../src/base/random.ts';
import { frames, openings, slots } from './frames.ts';

/** One row: an instruction and its task categories (`verb|noun`), the first the main one. */
export interface InstructionRow {
  readonly instruction: string;
  readonly categories: readonly string[];
}

export const instructionSeed = 20261121;

/** Rows a category, drawn evenly between these. */
const rowsPerCategory = [9, 19] as const;
/** Of all rows, those that ask for two things. */
const multiStep = 0.05;

/** Writes the sample instructions: the same rows in the same order for the same seed, no text twice. */
export function writeInstructions(seed: number = instructionSeed): InstructionRow[] {
  const rows: InstructionRow[] = [];
  const taken = new Set<string>();
  for (let at = 0; at < frames.length; at++) {
    const r = random(seed, 1, at);
    const wanted = rowsPerCategory[0] + r.integer(rowsPerCategory[1] - rowsPerCategory[0] + 1);
    for (let made = 0, tries = 0; made < wanted && tries < 400; tries++) {
      const row = writeRow(at, r);
      if (taken.has(row.instruction)) continue;
      taken.add(row.instruction);
      rows.push(row);
      made++;
    }
  }
  return random(seed, 2).shuffle(rows);
}

function writeRow(at: number, r: Random): InstructionRow {
  const { verb, object, category } = phrase(at, r);
  const text = opening(r).replace('$Do', capital(verb)).replace('$do', verb).replace('$object', object);
  if (r.next() >= multiStep) return { instruction: text, categories: [category] };
  const second = phrase(r.integer(frames.length), r);
  if (second.category === category) return { instruction: text, categories: [category] };
  return {
    instruction: `${text} Then ${second.verb} ${second.object}.`,
    categories: [category, second.category],
  };
}

function phrase(at: number, r: Random) {
  const { category, objects } = frames[at] ?? { category: 'write|story', objects: ['a story'] };
  const object = (objects[r.integer(objects.length)] ?? '').replaceAll(
    /\$(\w+)/gu,
    (_, slot: string) => slots[slot]?.[r.integer(slots[slot].length)] ?? '',
  );
  return { verb: category.split('|')[0] ?? '', object, category };
}

function opening(r: Random): string {
  let left = r.next();
  for (const [share, pattern] of openings) if ((left -= share) < 0) return pattern;
  return openings[0]?.[1] ?? '$Do $object.';
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** One JSON object a line. */
export function toJsonLines(rows: readonly InstructionRow[]): string {
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}
