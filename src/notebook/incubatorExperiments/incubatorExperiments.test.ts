import { describe, expect, it } from 'vitest';
import { incubatorTemplate, incubatorTemplates, type IncubatorFacts } from './templates.ts';
import type { IncubatorExperiment, IncubatorExperimentId, IncubatorVariant } from './types.ts';
import { findings, judgeWords } from './words.ts';

const facts: IncubatorFacts = {
  instruction: "Tell 'a', 'b' and 'c' apart.",
  labels: ['a', 'b', 'c'],
  trainable: 1000,
  pool: 900,
  noGenerator: null,
  paraphraseObjects: 32,
};

const experiment = (
  id: IncubatorExperimentId,
  value: (variant: IncubatorVariant) => Readonly<Record<string, number>> | null,
  deviation = 0.01,
): IncubatorExperiment => {
  const waiting = incubatorTemplate(id)
    .variants(facts)
    .map((spec): IncubatorVariant => Object.assign(spec, { state: { kind: 'waiting' } as const }));
  return {
    id,
    startedAt: '2026-11-21T12:00:00.000Z',
    setId: 's',
    setKey: 'k',
    setName: 'a, b, c',
    objects: 1000,
    judgedBy: { kind: 'real', rows: 1800 },
    seeds: 5,
    variants: waiting.map((variant) => {
      const values = value(variant);
      if (!values) return variant;
      const spread = Object.fromEntries(
        Object.entries(values).map(([key, mean]) => [key, { mean, deviation }]),
      );
      return Object.assign({}, variant, {
        state: { kind: 'done', values: spread, judges: 900, elapsedMs: 5 },
      });
    }),
  };
};

describe('templates', () => {
  it('give every variant an id of its own, and something to be held against', () => {
    for (const { id, variants } of incubatorTemplates) {
      const made = variants(facts);
      expect(new Set(made.map((one) => one.id)).size, id).toBe(made.length);
      const isBare = made.every(({ isReference }) => !isReference);
      // Chance is drawn out of the rankings themselves.
      expect(isBare, id).toBe(id === 'compound');
    }
  });

  it('ask of K at equal kept counts, beside as many by chance', () => {
    const made = incubatorTemplate('k').variants(facts);
    const shares = made.flatMap(({ test }) => (test.kind === 'choose' ? [test.k / test.batchSize] : []));
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(0.005);
    expect(made.filter(({ isReference }) => isReference)).toHaveLength(made.length / 2);
    expect(made.map(({ x }) => x)).toContain(3);
    expect(made.map(({ x }) => x)).toContain(15);
  });

  it('end the learning curve at what there is, with real rows as far as they reach', () => {
    const made = incubatorTemplate('samples').variants(facts);
    const at = (isReal: boolean) =>
      made.filter(({ isReference }) => isReference === isReal).map(({ x }) => x);
    expect(at(false)).toEqual([16, 32, 64, 128, 256, 512, 1000]);
    expect(at(true)).toEqual([16, 32, 64, 128, 256]);
    const many = incubatorTemplate('samples').variants({ ...facts, trainable: 5000, pool: 0 });
    expect(many.map(({ x }) => x).at(-1)).toBe(4096);
  });

  it('say what is missing', () => {
    const poor = { ...facts, trainable: 10, noGenerator: 'Choose a generator.' };
    expect(incubatorTemplate('k').lacks(poor)).toMatch(/Needs 48 objects.*has 10/u);
    expect(incubatorTemplate('paraphrase').lacks(poor)).toBe('Choose a generator.');
    expect(incubatorTemplates.every(({ lacks }) => lacks(facts) === null)).toBe(true);
  });

  it('paraphrase in other words that name the same classes', () => {
    const made = incubatorTemplate('paraphrase').variants(facts);
    expect(made).toHaveLength(5);
    const wordings = made.flatMap(({ test }) => (test.kind === 'paraphrase' ? [test.instruction] : []));
    expect(wordings).toHaveLength(4);
    expect(wordings.every((text) => text.includes("'a', 'b' and 'c'"))).toBe(true);
  });
});

describe('what experiments show', () => {
  it('is nothing before two variants are finished', () => {
    expect(findings(experiment('k', () => null))).toEqual([]);
  });

  it('does not call a difference one that seeds make', () => {
    const flat = findings(experiment('k', ({ x }) => ({ accuracy: 0.8 + Number(x) / 1e4 }), 0.02));
    expect(flat[0]).toMatch(/no value of K differs/u);
    expect(flat[1]).toMatch(/clearly better at 0 of 8 counts, clearly worse at 0/u);
    const steep = findings(
      experiment('k', ({ x, isReference }) => ({ accuracy: isReference ? 0.5 : 0.6 + Number(x) / 50 })),
    );
    expect(steep[0]).toMatch(/K = 15 is best.*3 worst/u);
    expect(steep[1]).toMatch(/clearly better at 8 of 8.*25\.[78] points above/u);
  });

  it('says when more objects stop helping, and how real rows compare', () => {
    const words = findings(
      experiment('samples', ({ x, isReference }) => ({
        accuracy: isReference ? 0.95 : Number(x) >= 128 ? 0.9 : 0.7,
      })),
    );
    expect(words[0]).toMatch(/from 0\.700 .* at 16 objects to 0\.900 .* at 1,000; 128 come within a point/u);
    expect(words[1]).toMatch(/With 256 of each class, real rows have 0\.950 .* generated ones 0\.900/u);
  });

  it('holds joint against independent, methods against chance, queries against their length', () => {
    const joint = findings(
      experiment('dependence', ({ isReference }) => ({ accuracy: isReference ? 0.7 : 0.8 })),
    );
    expect(joint).toHaveLength(2);
    expect(joint[0]).toMatch(/^1 \+ other: .*better together/u);
    const methods = findings(
      experiment('method', ({ x, isReference }) => ({
        accuracy: isReference ? 0.8 : 0.805,
        distance: x === 'k-means' ? 0.9 : 0.5,
      })),
    );
    expect(methods[0]).toMatch(/no further from a draw by chance/u);
    expect(methods[1]).toMatch(/furthest apart under k-means/u);
    const queries = findings(
      experiment('compound', ({ x }) => ({ averagePrecision: 1 - Number(x) / 10, chance: 0.3 })),
    );
    expect(queries[0]).toBe('Product: average precision 0.900 with 1 concept, 0.400 with 6 (chance 0.300).');
    const wordings = findings(
      experiment('paraphrase', ({ x }) => ({ accuracy: x === 'paraphrase 2' ? 0.6 : 0.8 })),
    );
    expect(wordings[0]).toMatch(/^Over 4 paraphrases accuracy runs from 0\.600 to 0\.800/u);
  });

  it('says who judged', () => {
    const real = experiment('k', () => null);
    expect(judgeWords(real)).toContain('1,800');
    expect(judgeWords({ ...real, judgedBy: { kind: 'heldOut', rows: 0 } })).toMatch(/flatter/u);
  });
});
