import type { TaskCategory } from './category.ts';
import type { Extraction } from './extract.ts';
import {
  beForms,
  determiners,
  doForms,
  haveForms,
  indefinites,
  modals,
  notThings,
  objectPronouns,
  openers,
  pronouns,
  sceneVerbs,
  subordinators,
  whWords,
} from './words.ts';

/** A word as compromise reads it. */
export interface ParsedTerm {
  /** Lower case. */
  readonly word: string;
  /** Verbs in the infinitive, nouns in the singular. */
  readonly root: string;
  /** `Noun`, `Verb`, `Infinitive`, `Imperative`, `Pronoun`, ... */
  readonly tags: ReadonlySet<string>;
  /** Stands in a noun phrase. */
  readonly isNounPhrase: boolean;
}

interface Found {
  readonly category: { readonly verb: string; readonly noun: string | null };
  /** Sets a scene ("imagine"): counts only where nothing asks. */
  readonly isScene: boolean;
}

/** Task categories from parsed sentences, in the benchmark's conventions (see `createExtractor`). */
export function parseTags(sentences: readonly (readonly ParsedTerm[])[]): Extraction {
  const found = sentences.flatMap((sentence, i) =>
    asked(sentence).map(({ category, isScene }) => ({ category, isScene, later: sentences.slice(i + 1) })),
  );
  const tasks = found.filter(({ isScene }) => !isScene);
  const chosen = tasks.length > 0 ? tasks : found.slice(0, 1);
  const steps = new Map<string, TaskCategory>();
  for (const { category, later } of chosen) {
    const noun =
      category.noun ?? later.map((next) => nounOf(next)).find((one) => one !== null) ?? 'knowledge';
    const key = `${category.verb}|${noun}`;
    if (!steps.has(key)) steps.set(key, { verb: category.verb, noun });
  }
  const list = [...steps.values()];
  return { primary: list[0] ?? null, steps: list };
}

const fixed = (verb: string, noun: string): Found => ({ category: { verb, noun }, isScene: false });

function asked(sentence: readonly ParsedTerm[]): Found[] {
  const from = skipOpeners(sentence);
  const [first, second] = [sentence[from], sentence[from + 1]];
  if (!first) return [];
  if (isQuestion(first, second)) return [question(sentence.slice(from))];
  const wished = wishedVerb(sentence, from);
  if (wished !== null) return commands(sentence, wished);
  if (subordinators.has(first.word)) {
    const verb = commandAfter(sentence, from + 1);
    return verb === null ? [] : commands(sentence, verb);
  }
  if (isCommand(sentence, from)) return commands(sentence, from);
  const later = commandAfter(sentence, from + 1);
  if (later !== null) return commands(sentence, later);
  if (pronouns.has(first.word) || determiners.has(first.word)) return [];
  return [{ ...fixed('noun', 'knowledge'), isScene: true }];
}

function skipOpeners(sentence: readonly ParsedTerm[]): number {
  const at = sentence.findIndex(
    ({ word, tags }) =>
      /[\p{L}\d]/u.test(word) &&
      !openers.has(word) &&
      !tags.has('Expression') &&
      !(tags.has('Adverb') && word.endsWith('ly')),
  );
  return at < 0 ? sentence.length : at;
}

const isVerb = (term: ParsedTerm | undefined) => term !== undefined && term.tags.has('Verb');
const isBase = (term: ParsedTerm | undefined) =>
  term !== undefined &&
  (term.tags.has('Infinitive') || term.tags.has('Imperative')) &&
  !modals.has(term.word);

function isQuestion(first: ParsedTerm, second: ParsedTerm | undefined): boolean {
  if (whWords.has(first.word)) return true;
  const isAuxiliary =
    modals.has(first.word) || beForms.has(first.word) || doForms.has(first.word) || haveForms.has(first.word);
  if (!isAuxiliary || !second) return false;
  return (
    pronouns.has(second.word) ||
    determiners.has(second.word) ||
    second.word === 'there' ||
    second.tags.has('Noun')
  );
}

/** An infinitive that nothing stands before, or what reads as one in front of its object. */
function isCommand(sentence: readonly ParsedTerm[], at: number): boolean {
  const [term, next] = [sentence[at], sentence[at + 1]];
  if (!term) return false;
  if (isBase(term)) return true;
  const opensObject = next !== undefined && (determiners.has(next.word) || objectPronouns.has(next.word));
  return (
    opensObject && !term.tags.has('Pronoun') && !determiners.has(term.word) && /^\p{L}+$/u.test(term.word)
  );
}

/** "I want you to", "your task is to", "can you", "help me": where the verb that is wished for stands. */
function wishedVerb(sentence: readonly ParsedTerm[], from: number): number | null {
  const words = sentence.slice(from, from + 14).map(({ word }) => word);
  const [first = '', second = ''] = words;
  if (first === 'help' && objectPronouns.has(second)) {
    const at = from + (words[2] === 'to' ? 3 : 2);
    return isVerb(sentence[at]) ? at : null;
  }
  const isTask = /^(?:your|the|my)$/u.test(first) && /^(?:task|job|goal|aim|objective)$/u.test(second);
  if (!isTask && !/^(?:i|we|you)$/u.test(first)) return null;
  if (first === 'you' && modals.has(second)) return isVerb(sentence[from + 2]) ? from + 2 : null;
  const to = words.indexOf('to');
  if (to < 1 || !isVerb(sentence[from + to + 1])) return null;
  // Nothing but auxiliaries, verbs and pronouns stands between who wishes and what.
  const between = sentence.slice(from + (isTask ? 2 : 1), from + to);
  const isLink = ({ word, tags }: ParsedTerm) =>
    tags.has('Verb') ||
    tags.has('Pronoun') ||
    tags.has('Adverb') ||
    determiners.has(word) ||
    /^(?:here|task|job|goal)$/u.test(word);
  return between.every(isLink) ? from + to + 1 : null;
}

/** The first command behind an opening ("Given a list of cities, construct"): behind a noun, not joined to it. */
function commandAfter(sentence: readonly ParsedTerm[], from: number): number | null {
  for (let at = from; at < sentence.length; at++) {
    const before = sentence[at - 1];
    const isFree = before !== undefined && !['to', 'and', 'or', 'that', 'which', 'who'].includes(before.word);
    const isSubject =
      before?.tags.has('Pronoun') || before?.tags.has('Auxiliary') || before?.tags.has('Determiner');
    if (isFree && !isSubject && isBase(sentence[at]) && startsObject(sentence[at + 1])) return at;
  }
  return null;
}

function startsObject(next: ParsedTerm | undefined): boolean {
  if (!next) return false;
  const { word, tags } = next;
  return (
    determiners.has(word) ||
    objectPronouns.has(word) ||
    whWords.has(word) ||
    tags.has('Particle') ||
    tags.has('Value') ||
    tags.has('Noun') ||
    tags.has('Adjective') ||
    word === 'if' ||
    word === 'whether'
  );
}

/** The command at `at` and those that "and" or "then" joins to it. */
function commands(sentence: readonly ParsedTerm[], at: number): Found[] {
  // "Find and correct any errors": of verbs that share their object, the one beside it.
  const shares = /^(?:and|or)$/u.test(sentence[at + 1]?.word ?? '') && isBase(sentence[at + 2]);
  if (shares) return commands(sentence, at + 2);
  const starts = [at];
  for (let i = at + 2; i < sentence.length - 1; i++) {
    const joint = sentence[i - 1]?.word ?? '';
    const isJoined = joint === 'and' || joint === 'then';
    if (isJoined && isBase(sentence[i]) && startsObject(sentence[i + 1])) starts.push(i);
  }
  return starts.map((start, i) => command(sentence, start, starts[i + 1] ?? sentence.length));
}

function command(sentence: readonly ParsedTerm[], at: number, end: number): Found {
  const verb = sentence[at] as ParsedTerm;
  const rest = sentence.slice(at + 1, end);
  // "Explain how to solve it": what is to be done is solving.
  const how = rest.findIndex(({ word }) => word === 'how');
  if (how >= 0 && how <= 2 && rest[how + 1]?.word === 'to' && isVerb(rest[how + 2])) {
    const inner = rest[how + 2] as ParsedTerm;
    return { category: { verb: inner.root, noun: nounOf(rest.slice(how + 3)) }, isScene: false };
  }
  const noun = nounOf(rest) ?? nounOf(sentence.slice(0, at));
  return { category: { verb: verb.word, noun }, isScene: sceneVerbs.has(verb.word) };
}

function question(sentence: readonly ParsedTerm[]): Found {
  const [first, second] = [sentence[0]?.word ?? '', sentence[1]?.word ?? ''];
  if (/^(?:where|who|when)$/u.test(first) || (first === 'what' && beForms.has(second)))
    return fixed(first, 'knowledge');
  if (beForms.has(first)) return fixed('yes-no', 'task');
  // "How would you solve": the first full verb behind the auxiliary and its subject.
  for (let at = 1; at < sentence.length; at++) {
    const term = sentence[at] as ParsedTerm;
    const isHelper = doForms.has(term.word) && !pronouns.has(sentence[at - 1]?.word ?? '');
    if (
      isHelper ||
      !isVerb(term) ||
      term.tags.has('Auxiliary') ||
      term.tags.has('Modal') ||
      term.tags.has('Copula')
    )
      continue;
    return {
      category: { verb: term.root, noun: nounOf(sentence.slice(at + 1)) ?? nounOf(sentence.slice(1, at)) },
      isScene: false,
    };
  }
  return whWords.has(first) ? fixed(first, 'knowledge') : fixed('yes-no', 'task');
}

/** The first noun of the first noun phrase, in the singular; null where there is none. */
function nounOf(terms: readonly ParsedTerm[]): string | null {
  let hasName = false;
  for (const [i, { word, root, tags, isNounPhrase }] of terms.entries()) {
    if (indefinites.has(word)) return word;
    if (word === 'following' && !terms[i + 1]?.isNounPhrase) return word;
    if (
      determiners.has(word) ||
      tags.has('Pronoun') ||
      tags.has('Value') ||
      notThings.has(word) ||
      !/^\p{L}{2}/u.test(word)
    )
      continue;
    if (tags.has('ProperNoun') && !tags.has('Plural')) {
      hasName = true;
      continue;
    }
    // "teaching" is tagged a noun and leads one: the word behind it is the thing.
    const isGerund = word.endsWith('ing') && terms[i + 1]?.tags.has('Determiner') === true;
    if (tags.has('Noun') && isNounPhrase && !isGerund) return root.replace(/['’]s?$/u, '');
  }
  return hasName ? 'knowledge' : null;
}
