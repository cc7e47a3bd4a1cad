import { TaggerError } from './tagger.ts';
import { parseTags, type ParsedTerm } from './compromiseRules.ts';
import type { Extraction } from './extract.ts';
import { sentences } from './sentences.ts';
import { opensOtherwise } from './words.ts';

// The second extractor: another tagger (compromise, MIT: a lexicon with suffix and neighbour rules) and rules of its own over its noun
// phrases. Where the two disagree is where either may be wrong.

/** What of compromise is used; its own types leave the terms out. */
interface Document {
  compute(what: 'root'): void;
  readonly docs: readonly (readonly RawTerm[])[];
}

interface RawTerm {
  readonly normal: string;
  readonly root?: string;
  readonly tags: ReadonlySet<string>;
  readonly chunk?: string;
}

let loading: Promise<(text: string) => Extraction> | null = null;

/** Loads the extractor on compromise (about 100 kB compressed). Throws `tagger-unavailable`; the next call tries again. */
export function loadCompromiseExtractor(): Promise<(text: string) => Extraction> {
  loading ??= load().catch((cause: unknown) => {
    loading = null;
    throw new TaggerError(
      'tagger-unavailable',
      'The second extractor could not be loaded.',
      'Reload the page; if it happens again, the server lacks a file of this version.',
      { extractor: 'compromise' },
      cause,
    );
  });
  return loading;
}

async function load(): Promise<(text: string) => Extraction> {
  const { default: nlp } = await import('compromise/three');
  const parse = (text: string): ParsedTerm[][] => {
    const document = nlp(text) as unknown as Document;
    document.compute('root');
    return document.docs.map((terms) => terms.map(termOf));
  };
  return (text) => parseTags(sentences(text).flatMap((sentence) => primed(sentence, parse)));
}

function termOf({ normal, root, tags, chunk }: RawTerm): ParsedTerm {
  // Contractions leave empty terms behind.
  return { word: normal, root: root ?? normal, tags, isNounPhrase: chunk === 'Noun' };
}

// What no word is: pasted base64.
const unreadable = /\S{80,}/gu;

/** Behind "please" a first word is read as the verb it is. */
function primed(sentence: string, parse: (text: string) => ParsedTerm[][]): ParsedTerm[][] {
  const readable = sentence.replace(unreadable, ' ').trim();
  const first = /^[\p{L}'’]+/u.exec(readable)?.[0] ?? '';
  if (first === '' || opensOtherwise(first.toLowerCase())) return parse(readable);
  const [head = [], ...others] = parse(`please ${readable.charAt(0).toLowerCase()}${readable.slice(1)}`);
  return [head.slice(1), ...others];
}
