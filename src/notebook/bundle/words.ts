import { plural } from '../format.ts';
import type { PartKind } from './member.ts';
import type { Restored } from './restore.ts';

const nouns: Readonly<Partial<Record<PartKind, readonly [string, string?]>>> = {
  set: ['generated set'],
  classifier: ['classifier'],
  scores: ['set of mining scores', 'sets of mining scores'],
  adapter: ['adapter'],
  encoder: ['tuned encoder'],
  run: ['run'],
  data: ['copy of data', 'copies of data'],
};

/** `Opened “T” with 2 generated sets and 1 classifier. 1 run was here already.` */
export function sentenceOf({
  document,
  added,
  skipped,
}: Pick<Restored, 'document' | 'added' | 'skipped'>): string {
  const parts = Object.entries(nouns).flatMap(([kind, [one, many]]) => {
    const count = added[kind as PartKind] ?? 0;
    return count > 0 ? [plural(count, one, many)] : [];
  });
  if (added.pairs) parts.push('tuning pairs');
  const withParts = parts.length === 0 ? '' : ` with ${listed(parts)}`;
  const told = (why: Restored['skipped'][number]['why']) => {
    const names = new Set(skipped.filter((part) => part.why === why).map(({ name }) => name));
    return names.size;
  };
  const notes = [
    told('here') > 0
      ? ` ${plural(told('here'), 'part')} of it ${told('here') === 1 ? 'was' : 'were'} here already.`
      : '',
    told('differs') > 0
      ? ` ${plural(told('differs'), 'run or encoder', 'runs or encoders')} went on in this browser since: left as ${told('differs') === 1 ? 'it is' : 'they are'}.`
      : '',
    ...skipped
      .filter(({ why }) => why === 'damaged')
      .map(({ name }) => ` The mining scores “${name}” in it are damaged: mining makes them again.`),
    told('no-files') > 0
      ? ' This browser context keeps no files, so runs, encoders and data were left out.'
      : '',
  ];
  return `Opened “${document.title}”${withParts}.${notes.join('')}`;
}

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
