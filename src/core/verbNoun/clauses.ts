import type { Sentence, Token } from './tagger.ts';
import {
  beForms,
  determiners,
  doForms,
  haveForms,
  modals,
  objectPronouns,
  openers,
  particles,
  pronouns,
  sceneVerbs,
  subordinators,
  whWords,
  wishes,
} from './words.ts';

/** One thing that a sentence asks for. `scene` sets one, and counts only where nothing asks. */
export type Clause =
  | {
      readonly kind: 'verb';
      readonly strength: 'task' | 'scene';
      readonly verb: string;
      /** What follows the verb. */
      readonly rest: Sentence;
      /** What stands before it: "Given a word, define it". */
      readonly before: Sentence;
    }
  | {
      readonly kind: 'fixed';
      readonly strength: 'task' | 'scene';
      readonly verb: string;
      readonly noun: string;
    };

const isComma = ({ lower }: Token) => lower === ',' || lower === ':';

/** What a sentence asks for, in its order. */
export function clauses(sentence: Sentence): Clause[] {
  const at = skipOpeners(sentence, 0);
  const first = sentence[at];
  if (!first) return [];
  const second = sentence[at + 1];
  // "In which language would you find": a question behind its preposition.
  if (
    subordinators.has(first.lower) &&
    second &&
    whWords.has(second.lower) &&
    first.lower !== 'given' &&
    first.lower !== 'based'
  )
    return [question(sentence, at + 1)];
  const isQuestion = whWords.has(first.lower) || (isAuxiliary(first) && isSubject(second));
  if (isQuestion) return [question(sentence, at)];
  const wished = wish(sentence, at);
  if (wished !== null) return imperatives(sentence, wished);
  if (subordinators.has(first.lower)) {
    // Commas stand inside the opening as well ("Given x = [5, 4], sum it"): the first that something follows.
    for (let after = afterComma(sentence, at); after !== null; after = afterComma(sentence, after)) {
      const asked = clausesFrom(sentence, after);
      if (asked.some(({ strength }) => strength === 'task')) return asked;
    }
    const later = laterImperative(sentence, at + 1);
    return later === null ? [] : clausesFrom(sentence, later);
  }
  if (isImperative(sentence, at)) return imperatives(sentence, at);
  // A declarative sentence: perhaps something is asked behind a comma ("Here is a text, summarise it").
  if (pronouns.has(first.lower) || determiners.has(first.lower)) {
    const after = afterComma(sentence, at);
    if (after !== null && isImperative(sentence, skipOpeners(sentence, after)))
      return imperatives(sentence, skipOpeners(sentence, after));
    return [];
  }
  return [{ kind: 'fixed', strength: 'scene', verb: 'noun', noun: 'knowledge' }];
}

function clausesFrom(sentence: Sentence, from: number): Clause[] {
  const opening = sentence.slice(0, from);
  const withOpening = (clause: Clause): Clause =>
    clause.kind === 'verb' ? { ...clause, before: [...opening, ...clause.before] } : clause;
  return clauses(sentence.slice(from)).map(withOpening);
}

/** An imperative that nothing sets off: "From the passage find parts of". */
function laterImperative(sentence: Sentence, from: number): number | null {
  for (let i = from + 1; i < sentence.length - 1; i++)
    if (sentence[i - 1]?.pos === 'NOUN' && sentence[i]?.pos === 'VERB' && isImperative(sentence, i)) return i;
  return null;
}

function skipOpeners(sentence: Sentence, from: number): number {
  let at = from;
  for (; at < sentence.length; at++) {
    const token = sentence[at] as Token;
    const isOpener =
      openers.has(token.lower) ||
      token.pos === 'PUNCT' ||
      token.pos === 'INTJ' ||
      (token.pos === 'ADV' && token.lower.endsWith('ly'));
    if (!isOpener) break;
  }
  return at;
}

function isAuxiliary({ lower }: Token): boolean {
  return modals.has(lower) || beForms.has(lower) || doForms.has(lower) || haveForms.has(lower);
}

function isSubject(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (pronouns.has(token.lower) ||
      determiners.has(token.lower) ||
      ['NOUN', 'PROPN', 'PRON'].includes(token.pos) ||
      token.lower === 'there')
  );
}

function afterComma(sentence: Sentence, from: number): number | null {
  for (let i = from; i < sentence.length - 1; i++) if (isComma(sentence[i] as Token)) return i + 1;
  return null;
}

/** Where the verb of "I want you to", "you need to", "your task is to", "help me" stands; null where it is no wish. */
function wish(sentence: Sentence, at: number): number | null {
  const words = sentence.slice(at, at + 14).map(({ lower }) => lower);
  const [first = '', second = ''] = words;
  if (first === 'help' && objectPronouns.has(second)) {
    const next = words[2] === 'to' ? 3 : 2;
    return sentence[at + next]?.pos === 'VERB' ? at + next : null;
  }
  if (first === 'let' && second === 'us') return at + 2;
  const isTask =
    (first === 'your' || first === 'the') && ['task', 'job', 'goal', 'aim', 'objective'].includes(second);
  if (!['i', 'we', 'you'].includes(first) && !isTask) return null;
  if (first === 'you' && modals.has(second)) return baseVerb(sentence, at + 2);
  for (let i = 1; i < words.length; i++) {
    const word = words[i] as string;
    if (word === 'to' && sentence[at + i + 1]?.pos === 'VERB') return at + i + 1;
    const token = sentence[at + i] as Token;
    const isLink =
      isAuxiliary(token) ||
      wishes.has(token.lemma) ||
      objectPronouns.has(word) ||
      token.pos === 'ADV' ||
      [
        'asked',
        'required',
        'going',
        'supposed',
        'told',
        'given',
        'trying',
        'expected',
        'tasked',
        'task',
        'job',
        'goal',
        'aim',
        'objective',
        'here',
        'looking',
      ].includes(word);
    if (!isLink) return null;
  }
  return null;
}

function baseVerb(sentence: Sentence, from: number): number | null {
  for (let i = from; i < Math.min(sentence.length, from + 4); i++) {
    const token = sentence[i] as Token;
    if (token.pos === 'VERB') return i;
    if (token.pos !== 'ADV' && token.pos !== 'AUX' && token.pos !== 'PART') return null;
  }
  return null;
}

/** Whether a base-form verb stands here with nothing before it. */
function isImperative(sentence: Sentence, at: number): boolean {
  const token = sentence[at];
  if (!token) return false;
  if (token.lower === 'do' || token.lower === 'be' || token.lower === 'have') return true;
  if (token.pos === 'VERB' && token.lemma === token.lower) return true;
  return token.mayBeVerb && opensObject(sentence[at + 1]);
}

/** Whether what follows is what an object begins with: then a word that may be a verb is one. */
function opensObject(next: Token | undefined): boolean {
  if (!next) return false;
  const { lower, pos } = next;
  return (
    determiners.has(lower) ||
    objectPronouns.has(lower) ||
    whWords.has(lower) ||
    particles.has(lower) ||
    pos === 'NUM' ||
    lower === 'if' ||
    lower === 'whether'
  );
}

/** The imperative at `at`, and those joined to it by "and", "then" or a comma. */
function imperatives(sentence: Sentence, at: number): Clause[] {
  const found: Clause[] = [];
  let start = sharedObject(sentence, at);
  for (;;) {
    const end = nextImperative(sentence, start + 1);
    found.push(imperative(sentence, start, end ?? sentence.length));
    if (end === null) break;
    start = sharedObject(sentence, end);
  }
  return found;
}

/** "Find and list five cities": of verbs that share their object, the one beside it. */
function sharedObject(sentence: Sentence, at: number): number {
  const and = sentence[at + 1];
  const next = sentence[at + 2];
  if (
    (and?.lower === 'and' || and?.lower === 'or') &&
    next &&
    (next.mayBeVerb || next.pos === 'VERB') &&
    opensObject(sentence[at + 3])
  )
    return at + 2;
  return at;
}

/** Where a second imperative begins: behind "and", "then", or a comma with one of these. */
function nextImperative(sentence: Sentence, from: number): number | null {
  for (let i = from; i < sentence.length - 1; i++) {
    const { lower } = sentence[i] as Token;
    if (lower !== 'and' && lower !== 'then' && lower !== ',') continue;
    const at = skipOpeners(sentence, i + 1);
    const token = sentence[at];
    if (token?.mayBeVerb && opensObject(sentence[at + 1])) return at;
  }
  return null;
}

function imperative(sentence: Sentence, at: number, end: number): Clause {
  const token = sentence[at] as Token;
  const before = sentence.slice(0, at);
  const rest = sentence.slice(at + 1, end);
  const inner = howTo(rest);
  if (inner !== null)
    return {
      kind: 'verb',
      strength: 'task',
      verb: (rest[inner] as Token).lemma,
      rest: rest.slice(inner + 1),
      before,
    };
  const strength = sceneVerbs.has(token.lower) ? 'scene' : 'task';
  // An imperative is a base form already: no lemma is better than the word.
  return { kind: 'verb', strength, verb: token.lower, rest, before };
}

/** "Explain how to solve it", "describe how you would solve it": what is to be done is solving. Its position; else null. */
function howTo(rest: Sentence): number | null {
  const how = rest.findIndex(({ lower }) => lower === 'how');
  if (how < 0 || how > 3 || rest.slice(0, how).some(({ pos }) => pos === 'NOUN')) return null;
  const [one, two] = [rest[how + 1], rest[how + 2]];
  const verb =
    one?.lower === 'to'
      ? how + 2
      : one && pronouns.has(one.lower) && two && modals.has(two.lower)
        ? how + 3
        : -1;
  return rest[verb]?.pos === 'VERB' ? verb : null;
}

function question(sentence: Sentence, at: number): Clause {
  const { lower: first } = sentence[at] as Token;
  const second = sentence[at + 1]?.lower ?? '';
  const fixed = (verb: string, noun: string): Clause => ({ kind: 'fixed', strength: 'task', verb, noun });
  if (first === 'where' || first === 'who' || first === 'when' || (first === 'what' && beForms.has(second)))
    return fixed(first, 'knowledge');
  if (beForms.has(first)) return fixed('yes-no', 'task');
  const modal = sentence.findIndex(({ lower }, i) => i >= at && modals.has(lower));
  if (modal >= 0 && sentence[modal + 1]?.lower === 'be')
    return { kind: 'verb', strength: 'task', verb: 'be', rest: sentence.slice(modal + 2), before: [] };
  // "How would you ...": the verb stands behind the auxiliary's subject. "Do" is a verb there, not an auxiliary.
  for (let i = at + 1; i < sentence.length; i++) {
    const token = sentence[i] as Token;
    const isDo = token.lower === 'do' && i > at + 1 && pronouns.has(sentence[i - 1]?.lower ?? '');
    if (token.pos === 'VERB' || isDo)
      return {
        kind: 'verb',
        strength: 'task',
        verb: token.lemma,
        rest: sentence.slice(i + 1),
        before: sentence.slice(at, i),
      };
  }
  return whWords.has(first) ? fixed(first, 'knowledge') : fixed('yes-no', 'task');
}
