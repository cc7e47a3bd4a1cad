import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { completionsAt } from './complete.ts';
import { conceptsOf, resolveConcepts } from './concepts.ts';
import { lengthLimit, parseQuery, tryParse } from './parse.ts';
import { canonical, chipsOf, printQuery } from './print.ts';
import { conceptNames, type Query } from './query.ts';

const faultOf = (source: string) => {
  const parsed = tryParse(source);
  if (!('error' in parsed)) throw new Error(`“${source}” was understood`);
  const { code, from, to } = parsed.error;
  return [code, source.slice(from, to)];
};

describe('the query language', () => {
  it('binds NOT before AND before OR, and thresholds before NOT', () => {
    expect(canonical('"a" or "b" and not "c"')).toBe('"a" OR "b" AND NOT "c"');
    expect(canonical('("a" or "b") and not ("c" or ("d"))')).toBe('("a" OR "b") AND NOT ("c" OR "d")');
    expect(canonical('(("a" and "b")) or (("c"))')).toBe('"a" AND "b" OR "c"');
    expect(parseQuery('NOT "a" > 0.5')).toMatchObject({
      kind: 'not',
      operand: { kind: 'threshold', value: 0.5 },
    });
    expect(canonical('(NOT "a") > .5')).toBe('(NOT "a") > 0.5');
  });

  it('takes chains of one operator as one, whatever their parentheses', () => {
    const query = parseQuery('"a" AND ("b" AND ("c" AND "d"))');
    expect(query).toMatchObject({
      kind: 'and',
      operands: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }],
    });
  });

  it('reads thresholds both ways round and in per cent, comparisons in signs and words', () => {
    expect(canonical('"x" >= 70%')).toBe('"x" >= 0.7');
    expect(canonical('0.25 < "x"')).toBe('"x" > 0.25');
    expect(canonical('"a" more than "b"')).toBe('"a" > "b"');
    expect(canonical('"a" less than "b"')).toBe('"b" > "a"');
    expect(canonical('("a" OR "b") > "c" AND "d"')).toBe('("a" OR "b") > "c" AND "d"');
  });

  it('understands other spellings: lower case, signs, single and curly quotes, bare words, escapes', () => {
    expect(canonical("food & !'a film' | “about\u00a0music”")).toBe(
      '"food" AND NOT "a film" OR "about\u00a0music"',
    );
    expect(canonical(String.raw`"say \"yes\" \\ no"`)).toBe(String.raw`"say \"yes\" \\ no"`);
    expect(conceptNames(parseQuery('"b" AND "a" OR "b"'))).toEqual(['b', 'a']);
    expect(canonical('"AND" OR "not"')).toBe('"AND" OR "not"');
  });

  it('prints what parses to the same formula, for 500 formulas at random', () => {
    const r = random(11);
    const make = (depth: number): string => {
      const kind = depth === 0 ? 0 : r.integer(6);
      const inner = () => make(depth - 1);
      if (kind < 2) return `"c${r.integer(4)}"`;
      if (kind === 2) return `NOT (${inner()})`;
      if (kind === 3) return `(${inner()}) ${['AND', 'OR'][r.integer(2)]} (${inner()})`;
      if (kind === 4) return `(${inner()}) > 0.${1 + r.integer(8)}`;
      return `(${inner()}) > (${inner()})`;
    };
    for (let i = 0; i < 500; i++) {
      const query = parseQuery(make(4));
      const printed = printQuery(query);
      expect(shape(parseQuery(printed))).toEqual(shape(query));
      expect(canonical(printed)).toBe(printed);
    }
  });

  it('shows chips that stand for their part of the source', () => {
    const source = '("a" or "b") and "c">0.7';
    const chips = chipsOf(parseQuery(source));
    expect(chips.map(({ text }) => text)).toEqual(['(', 'a', 'OR', 'b', ')', 'AND', 'c', '>', '0.7']);
    const concept = chips.find(({ text }) => text === 'b');
    expect(source.slice(concept?.from, concept?.to)).toBe('"b"');
  });
});

describe('faults of a formula', () => {
  it.each([
    ['', 'query-empty', ''],
    ['   ', 'query-empty', ''],
    ['"about food', 'query-unclosed-quote', '"about food'],
    ['"a" AND "b', 'query-unclosed-quote', '"b'],
    ['"a" "b"', 'query-missing-operator', '"b"'],
    ['about food', 'query-missing-operator', 'food'],
    ['"a" AND', 'query-missing-operand', ''],
    ['AND "a"', 'query-missing-operand', 'AND'],
    ['"a" AND OR "b"', 'query-missing-operand', 'OR'],
    ['()', 'query-missing-operand', ')'],
    ['""', 'query-missing-operand', '""'],
    ['NOT', 'query-missing-operand', ''],
    ['("a" OR "b"', 'query-unbalanced', '('],
    ['"a")', 'query-unbalanced', ')'],
    [')', 'query-unbalanced', ')'],
    ['"a" > 1.5', 'query-threshold', '1.5'],
    ['"a" > 150%', 'query-threshold', '150%'],
    ['0.5', 'query-threshold', '0.5'],
    ['0.5 > 0.2', 'query-comparison', '0.5 > 0.2'],
    ['"a" > "b" > "c"', 'query-comparison', '>'],
    ['"a" ; DROP', 'query-unexpected', ';'],
    ['"a" AND 😀', 'query-unexpected', '😀'],
    ['"a" = "b"', 'query-unexpected', '='],
  ])('%s: %s at “%s”', (source, code, at) => {
    expect(faultOf(source)).toEqual([code, at]);
  });

  it('survives ten thousand parentheses, NOTs and operators', () => {
    const deep = 9_000;
    expect(faultOf(`${'('.repeat(deep)}"a"${')'.repeat(deep)}`)[0]).toBe('query-too-deep');
    expect(faultOf('('.repeat(10_000))[0]).toBe('query-too-deep');
    expect(faultOf(')'.repeat(10_000))[0]).toBe('query-unbalanced');
    expect(faultOf(`${'!'.repeat(10_000)}"a"`)[0]).toBe('query-too-deep');
    expect(faultOf(`"${'a'.repeat(lengthLimit)}"`)[0]).toBe('query-too-long');
    const wide = parseQuery(Array.from({ length: 2_000 }, () => '"a"').join(' AND '));
    expect(wide.kind === 'and' && wide.operands.length).toBe(2_000);
    expect(canonical(`${'('.repeat(150)}"a"${')'.repeat(150)}`)).toBe('"a"');
  });

  it('treats names of object prototypes as names', () => {
    expect(conceptNames(parseQuery('constructor AND __proto__ OR "toString"'))).toHaveLength(3);
  });
});

const classifiers = [
  { id: 'm', name: 'Messages', labels: ['about food', 'about film', 'other'] },
  { id: 's', name: 'Sentiment', labels: ['positive', 'negative', 'other'] },
];

describe('concepts', () => {
  const concepts = conceptsOf(classifiers);

  it('are classes, told apart by their classifier where they share a name', () => {
    expect(concepts.map(({ name }) => name)).toEqual([
      'about food',
      'about film',
      'other (Messages)',
      'positive',
      'negative',
      'other (Sentiment)',
    ]);
    const twins = conceptsOf([classifiers[0], classifiers[0]].flatMap((each) => (each ? [each] : [])));
    expect(new Set(twins.map(({ name }) => name)).size).toBe(6);
  });

  it('are found without case and spaces; what is not found is named with its place and a neighbour', () => {
    const source = '"About  FOOD" AND "about flim" AND "other" AND "xyzzy"';
    const { found, errors } = resolveConcepts(parseQuery(source), concepts);
    expect(found.get('About  FOOD')?.id).toBe('m/0');
    expect(errors.map(({ code, from, to }) => [code, source.slice(from, to)])).toEqual([
      ['query-unknown-concept', '"about flim"'],
      ['query-ambiguous-concept', '"other"'],
      ['query-unknown-concept', '"xyzzy"'],
    ]);
    expect(errors[0]?.remedy).toBe('Did you mean “about film”?');
    expect(errors[1]?.remedy).toContain('“other (Messages)” or “other (Sentiment)”');
  });
});

describe('completion', () => {
  const concepts = conceptsOf(classifiers);
  /** `|` marks the cursor. */
  const at = (marked: string) => {
    const cursor = marked.indexOf('|');
    const source = marked.replace('|', '');
    const { from, to, options } = completionsAt(source, cursor, concepts);
    return {
      over: source.slice(from, to),
      labels: options.map(({ label }) => label),
      options,
      source,
      from,
      to,
    };
  };

  it('offers concepts, NOT and ( where an operand is due', () => {
    expect(at('|').labels).toEqual([...concepts.map(({ name }) => name), 'NOT', '(']);
    expect(at('"about food" AND |').labels).toContain('positive');
    expect(at('NOT |').labels).toContain('about food');
    expect(at('"a" > |').labels).toContain('about food');
  });

  it('offers operators where one is complete, and ) only in a group', () => {
    expect(at('"about food" |').labels).toEqual(['AND', 'OR', 'AND NOT', '>', '<']);
    expect(at('("about food" |').labels).toContain(')');
    expect(at('"about food" a|').labels).toEqual(['AND', 'AND NOT']);
    expect(at('"about food"|').options[0]?.insert).toBe(' AND ');
  });

  it('filters by what is typed, beginnings first, and takes its place', () => {
    expect(at('"ab|').labels).toEqual(['about food', 'about film']);
    expect(at('fi|')).toMatchObject({ labels: ['about film'], over: 'fi' });
    expect(at('"fi|lm" AND "positive"')).toMatchObject({ labels: ['about film'], over: '"film"' });
    const open = at('"positive" AND "abo|');
    expect(open).toMatchObject({ over: '"abo', labels: ['about food', 'about film'] });
    const insert = open.options[0]?.insert ?? '';
    expect(canonical(open.source.slice(0, open.from) + insert)).toBe('"positive" AND "about food"');
    expect(at('no|').labels).toContain('NOT');
  });
});

function shape(query: Query): unknown {
  return JSON.parse(
    JSON.stringify(query, (key, value: unknown) => (key === 'from' || key === 'to' ? undefined : value)),
  );
}
