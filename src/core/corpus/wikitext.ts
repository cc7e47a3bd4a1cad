import { decodeEntities } from './entities.ts';

/** What is left of wikitext once its markup is taken off, and the categories that stood in it. */
export interface CleanWikitext {
  /** Headings keep their equals signs and lists their marks, a line each. */
  readonly text: string;
  readonly categories: readonly string[];
}

type Kind = 'template' | 'parameter' | 'table' | 'link';

interface Open {
  readonly kind: Kind;
  /** Length of the output where it began. */
  readonly at: number;
}

/** Deeper than this a bracket is text: what opens a thousand templates closes none. */
const deepest = 100;
const longestTag = 2000;
/** Elements whose content is no prose. */
const dropped =
  'ref|gallery|math|chem|score|timeline|syntaxhighlight|source|templatestyles|imagemap|style|script';
const token = new RegExp(
  String.raw`<!--|<nowiki\s*>|<(${dropped})\b|\{\{|\}\}|\{\||\|\}|\[\[|\]\]|<\/?[a-zA-Z][a-zA-Z0-9]*(?=[\s/>])`,
  'giu',
);

/**
 * Takes templates, tables, references, comments, tags, links and emphasis off wikitext, in one pass. What is opened and
 * never closed is text, as MediaWiki shows it. `isCategory`: whether a link's prefix, in lower case, names the category
 * namespace; `isMedia`: the file namespace.
 */
export function cleanWikitext(
  source: string,
  isCategory: (prefix: string) => boolean,
  isMedia: (prefix: string) => boolean,
): CleanWikitext {
  const categories: string[] = [];
  const out: string[] = [];
  const open: Open[] = [];
  const openOfKind: Record<Kind, number> = { template: 0, parameter: 0, table: 0, link: 0 };
  /** Searches for a closing tag that failed: the same one will not be found further on either. */
  const unclosed = new Set<string>();

  /** Where `text` ends first at or after `from`; -1 where it does not. */
  const after = (text: string, from: number): number => {
    if (unclosed.has(text)) return -1;
    const found = source.indexOf(text, from);
    if (found < 0) unclosed.add(text);
    return found < 0 ? -1 : found + text.length;
  };
  const push = (kind: Kind): boolean => {
    if (open.length >= deepest) return false;
    openOfKind[kind]++;
    open.push({ kind, at: out.length });
    return true;
  };
  /** The output since the last of its kind opened, taken away; null where none is open. What stands open in it stays text. */
  const pop = (kind: Kind): string | null => {
    if (openOfKind[kind] === 0) return null;
    for (;;) {
      const last = open.pop();
      if (!last) return null;
      openOfKind[last.kind]--;
      if (last.kind === kind) return out.splice(last.at).join('');
    }
  };

  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const found = token.exec(source);
    if (!found) break;
    const [match, element] = found;
    if (found.index > at) out.push(source.slice(at, found.index));
    at = found.index + match.length;
    if (match === '<!--') {
      const end = after('-->', at);
      at = end < 0 ? source.length : end;
    } else if (/^<nowiki/iu.test(match)) {
      const end = after('</nowiki>', at);
      if (end >= 0) {
        out.push(literal(source.slice(at, end - 9)));
        at = end;
      }
    } else if (match.startsWith('<')) {
      const close = at + source.slice(at, at + longestTag).indexOf('>');
      // A bracket that never closes is a smaller-than sign.
      if (close < at) {
        out.push(match);
        continue;
      }
      at = close + 1;
      if (element !== undefined && source[close - 1] !== '/') {
        const end = after(`</${element.toLowerCase()}>`, at);
        if (end >= 0) at = end;
      } else if (/^<\/?(?:br|p|div|li|tr)$/iu.test(match)) out.push('\n');
    } else if (match === '{{') {
      const isParameter = source[at] === '{' && source[at + 1] !== '{';
      if (!push(isParameter ? 'parameter' : 'template')) out.push(match);
      else if (isParameter) at++;
    } else if (match === '}}') {
      const isParameter = open.at(-1)?.kind === 'parameter' && source[at] === '}';
      if (isParameter) at++;
      if (pop(isParameter ? 'parameter' : 'template') === null) out.push(match);
    } else if (match === '{|') {
      // A table begins a line, after any indent.
      if (
        !/(?:^|\n)[ :*#]*$/u.test(source.slice(Math.max(0, found.index - 20), found.index)) ||
        !push('table')
      )
        out.push(match);
    } else if (match === '|}') {
      // `{{name|}}` closes a template with an empty argument.
      if (source[at] === '}' && open.at(-1)?.kind !== 'table') at--;
      else if (pop('table') === null) out.push(match);
    } else if (match === '[[') {
      if (!push('link')) out.push(match);
    } else {
      const content = pop('link');
      if (content === null) out.push(match);
      else out.push(linkText(content, isCategory, isMedia, categories));
    }
  }
  out.push(source.slice(at));
  return { text: plain(out.join('')), categories };
}

function linkText(
  content: string,
  isCategory: (prefix: string) => boolean,
  isMedia: (prefix: string) => boolean,
  categories: string[],
): string {
  const bar = content.indexOf('|');
  const target = (bar < 0 ? content : content.slice(0, bar)).trim();
  const colon = target.indexOf(':');
  const prefix = colon > 0 ? target.slice(0, colon).trim().replaceAll('_', ' ').toLowerCase() : '';
  if (prefix !== '' && isCategory(prefix)) {
    const name = categoryName(target.slice(colon + 1));
    if (name !== '') categories.push(name);
    return '';
  }
  if (prefix !== '' && isMedia(prefix)) return '';
  const label = bar < 0 ? '' : content.slice(bar + 1).trim();
  return label || target.replace(/^:/u, '');
}

/** As MediaWiki compares names: blanks for underscores, the first letter a capital. */
export function categoryName(raw: string): string {
  const name = decodeEntities(raw)
    .replace(/#.*$/su, '')
    .replaceAll(/[_\s]+/gu, ' ')
    .trim();
  const [first = ''] = name;
  return first.toUpperCase() + name.slice(first.length);
}

/** Emphasis, addresses and magic words off; entities last, so that `&lt;b&gt;` stays what its author shows. */
function plain(text: string): string {
  return decodeEntities(
    text
      // No bracket inside: a text of nothing but opening ones is still read in linear time.
      .replace(
        /\[(?:https?|ftp|mailto):([^\][\n]{0,2000})\]/giu,
        (_, inner: string) => /\s(.*)$/u.exec(inner)?.[1] ?? '',
      )
      .replace(/'{2,5}/gu, '')
      .replace(/__[A-Z]{3,30}__/gu, ''),
  )
    .replaceAll('\u{e000}', "'")
    .replaceAll('\u{e001}', '[')
    .replaceAll('\u{e002}', '=');
}

/** What stands in `<nowiki>` is no markup: its signs are set aside until the markup is gone. */
function literal(text: string): string {
  return text.replaceAll("'", '\u{e000}').replaceAll('[', '\u{e001}').replaceAll('=', '\u{e002}');
}
