import { describe, expect, it } from 'vitest';
import { ownTemplate } from '../../core/embedding/prompts.ts';
import { isApart } from '../keptExperiments/list.ts';
import { defaultParameters } from '../parameters.ts';
import { lengthTemplates, pieTemplate, pieTemplates, promptWords, type PieFacts } from './templates.ts';
import { pieExperimentIds, type PieExperiment, type PieExperimentId } from './types.ts';
import { findings } from './words.ts';

const facts: PieFacts = {
  base: defaultParameters.embedding,
  tuning: defaultParameters.tuning,
  hasLabels: true,
  sets: ['clinc150', 'banking77'],
  tuned: [
    {
      id: 't1',
      name: 'mine',
      hardNegatives: true,
      template: '{instruction}',
      pooling: 'mean',
      maxLength: 64,
    },
    {
      id: 't2',
      name: 'other',
      hardNegatives: false,
      template: '{instruction}',
      pooling: 'mean',
      maxLength: 64,
    },
  ],
};

function experiment(
  id: PieExperimentId,
  values: Readonly<Record<string, number>>,
  deviation = 0.01,
): PieExperiment {
  const variants = pieTemplate(id)
    .variants(facts)
    .map((spec) => {
      const mean = values[spec.name];
      const state =
        mean === undefined
          ? ({ kind: 'waiting' } as const)
          : ({
              kind: 'done',
              values: { ari: { mean, deviation } },
              width: 3,
              rows: 10,
              promptTokens: null,
              device: 'test',
              elapsedMs: 1,
            } as const);
      return Object.assign(spec, { state });
    });
  return { id, startedAt: '2026-01-01T00:00:00.000Z', dataHash: 'x', seeds: 3, rows: null, variants };
}

describe('templates of embedding experiments', () => {
  it('each have the TF-IDF row, distinct variants, and settings of their own', () => {
    expect(pieTemplates.map(({ id }) => id)).toEqual([...pieExperimentIds]);
    for (const template of pieTemplates) {
      expect(template.lacks(facts), template.id).toBeNull();
      const variants = template.variants(facts);
      expect(
        variants.some(({ isReference, embedding }) => isReference && embedding.embedder === 'tfidf'),
      ).toBe(true);
      expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length);
      // A network is asked even where the embedding cell stands on TF-IDF.
      expect(variants.some(({ embedding }) => embedding.embedder === 'encoder')).toBe(true);
    }
  });

  it('say what they lack', () => {
    const bare = { ...facts, sets: [], tuned: [] };
    const lacking = pieTemplates.filter(({ lacks }) => lacks(bare) !== null).map(({ id }) => id);
    expect(lacking).toEqual(['domains']);
  });

  it('grow the prompt word by word, each with its slot', () => {
    const words = lengthTemplates.map(({ template }) => promptWords(ownTemplate(template).template));
    expect([...words].sort((a, b) => a - b)).toEqual(words);
    expect(words[0]).toBe(0);
    expect(new Set(words).size).toBe(words.length);
  });

  it('hold tuned encoders against one that is not', () => {
    const model = { kind: 'tuned', id: 't1', name: 'mine' } as const;
    const variants = pieTemplate('negatives').variants({ ...facts, base: { ...facts.base, model } });
    const kept = variants.filter(({ id }) => id.startsWith('tuned '));
    expect(variants[0]?.embedding.model.kind).toBe('embedded');
    expect(kept.map(({ embedding }) => embedding.model.kind)).toEqual(['tuned', 'tuned']);
    expect(kept[0]).toMatchObject({
      series: 'Hard negatives',
      embedding: { maxLength: 64, prompt: 'own' },
    });
  });

  it('tune two encoders that differ in their hard negatives alone, and test what neither saw', () => {
    const variants = pieTemplate('negatives').variants({ ...facts, tuned: [] });
    const tuned = variants.flatMap(({ tune }) => (tune ? [tune] : []));
    expect(tuned).toEqual([
      { ...facts.tuning, hardNegatives: true },
      { ...facts.tuning, hardNegatives: false },
    ]);
    expect(variants.every(({ test }) => test.kind === 'clusters' && test.isHeldOut === true)).toBe(true);
  });

  it('give the longest prompt room for its text', () => {
    const base = { ...facts.base, maxLength: 64 };
    const longest = pieTemplate('length')
      .variants({ ...facts, base })
      .find(({ name }) => name === 'PIE, said twice');
    expect(longest?.embedding.maxLength).toBeGreaterThan(128);
  });

  it('leave out what a hub model cannot give', () => {
    const hub = { ...facts, base: { ...facts.base, embedder: 'hub' as const } };
    expect(
      pieTemplate('pooling')
        .variants(hub)
        .map(({ id }) => id),
    ).toEqual(['mean', 'first', 'last', 'tfidf']);
  });
});

describe('findings', () => {
  it('hold the best against TF-IDF, and PIE against semantic', () => {
    const words = findings(experiment('prompt', { PIE: 0.5, Semantic: 0.4, 'TF-IDF': 0.58 }));
    expect(words[0]).toContain('PIE is best of the networks: ARI 0.5');
    expect(words[0]).toContain('below TF-IDF');
    expect(words[1]).toBe('ARI: PIE is 0.100 above the semantic prompt.');
  });

  it('do not make much of what seeds explain', () => {
    expect(isApart({ mean: 0.5, deviation: 0.02 }, { mean: 0.53, deviation: 0.02 })).toBe(false);
    const [, words] = findings(experiment('prompt', { PIE: 0.5, Semantic: 0.51, 'TF-IDF': 0.4 }));
    expect(words).toContain('do not differ by more than chance');
    expect(findings(experiment('prompt', { PIE: 0.5 }))).toEqual([]);
  });

  it('say that one seed cannot tell', () => {
    const made = experiment('prompt', { PIE: 0.5, Semantic: 0.4, 'TF-IDF': 0.58 }, 0);
    const [best, , caution] = findings({ ...made, seeds: 1 });
    expect(best).toContain('ARI 0.500, below TF-IDF');
    expect(caution).toMatch(/^One seed/u);
    expect(findings(made)).toHaveLength(2);
  });

  it('go place by place where there are several', () => {
    const words = findings(
      experiment('domains', { 'clinc150, Network, PIE': 0.2, 'clinc150, TF-IDF of its own': 0.6 }),
    );
    expect(words).toEqual(['clinc150: TF-IDF of its own is best, ARI 0.600 ± 0.010.']);
  });
});
