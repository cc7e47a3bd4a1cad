import { parseJson } from '../../base/json.ts';
import { IncubatorError } from './errors.ts';
import type { Reply } from './replies.ts';

/** Larger than any real set of generations: 4,096 objects of eight long texts. */
export const largestPaste = 64 << 20;

/**
 * Generations made elsewhere as replies: JSONL (a reply a line), one JSON array or object, or any text with objects in it. An array of
 * strings is an array of raw replies; objects that hold one under `text`, `response`, `completion`, `output` or `content` and no other class
 * are logs of replies. Throws `generations-empty`.
 */
export function readPasted(text: string): readonly Reply[] {
  const trimmed = text.replace(/^\uFEFF/u, '').trim();
  if (trimmed === '')
    throw new IncubatorError(
      'generations-empty',
      'There are no generations in it.',
      'Paste or drop one JSON object a line, each with one text of every class.',
    );
  const whole = parseJson(trimmed);
  if (Array.isArray(whole)) return whole.map((value: unknown) => asReply(value));
  if (whole !== undefined) return [asReply(whole)];
  const lines = trimmed.split(/\r\n|\r|\n/u).filter((line) => line.trim() !== '');
  const objects = lines.filter((line) => parseJson(line) !== undefined).length;
  // A log of lines, some of which may be broken; anything else is one free text.
  if (lines.length > 1 && objects * 2 >= lines.length)
    return lines.map((line) => {
      const value = parseJson(line);
      return value === undefined ? { text: line, finish: 'end' } : asReply(value, line);
    });
  return [{ text: trimmed, finish: 'end' }];
}

const replyKeys = ['text', 'response', 'completion', 'output', 'content', 'generated_text'];

function asReply(value: unknown, written?: string): Reply {
  if (typeof value === 'string') return { text: value, finish: 'end' };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const record = value as Readonly<Record<string, unknown>>;
    const key = replyKeys.find((name) => typeof record[name] === 'string');
    const raw = key === undefined ? undefined : record[key];
    // What looks like a log line but whose text holds no object is a set with a class of that name.
    if (typeof raw === 'string' && raw.includes('{')) return { text: raw, finish: 'end' };
  }
  return { text: written ?? JSON.stringify(value), finish: 'end' };
}

/** One object a line, keys in the order of the labels: what `readPasted` reads back. */
export function toJsonl(labels: readonly string[], samples: readonly (readonly string[])[]): string {
  return samples.map((texts) => `${JSON.stringify(asObject(labels, texts))}\n`).join('');
}

/** An object as the constraint spaces it, and as Python's `json.dumps` does: `{"a": "x", "b": "y"}`. */
export function writeObject(labels: readonly string[], texts: readonly string[]): string {
  const entries = labels.map((label, at) => `${JSON.stringify(label)}: ${JSON.stringify(texts[at] ?? '')}`);
  return `{${entries.join(', ')}}`;
}

/** A dictionary in the order of its labels, whatever they are called. */
export function asObject(labels: readonly string[], texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label, at) => [label, texts[at] ?? '']));
}
