import { describe, expect, it } from 'vitest';
import { ownTemplate } from '../../core/embedding/prompts.ts';
import { defaultParameters } from '../parameters.ts';
import { lengthTemplates, pieTemplate, pieTemplates, promptWords, type PieFacts } from './templates.ts';
import {
  isWaiting,
  pieExperimentIds,
  readPieExperiments,
  withPieExperiment,
  withPieState,
  type PieExperiment,
  type PieExperimentId,
} from './types.ts';
import { findings, isApart } from './words.ts';

const facts: PieFacts = {
  base: defaultParameters.embedding,
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
  key = 'ari',
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
              values: { [key]: { mean, deviation: 0.01 } },
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
    expect(lacking).toEqual(['negatives', 'domains']);
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
    expect(variants.map(({ embedding }) => embedding.model.kind)).toEqual([
      'embedded',
      'tuned',
      'tuned',
      'tuned',
    ]);
    expect(variants[1]).toMatchObject({
      series: 'Hard negatives',
      embedding: { maxLength: 64, prompt: 'own' },
    });
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

describe('what is kept', () => {
  it('is found again, and gone on with', () => {
    const begun = experiment('prompt', { PIE: 0.4 });
    expect(isWaiting(begun)).toBe(true);
    const kept = JSON.parse(
      JSON.stringify({ experiments: [begun, { id: 'gone', variants: [] }, {}] }),
    ) as unknown;
    expect(readPieExperiments(kept)).toEqual([begun]);
    expect(readPieExperiments(null)).toEqual([]);
    const failure = { kind: 'failed', error: { code: 'x', message: 'm', remedy: 'r', details: {} } } as const;
    const next = withPieState(begun, 'semantic', failure);
    expect(next.variants.find(({ id }) => id === 'semantic')?.state).toEqual(failure);
    expect(withPieExperiment([begun], next)).toEqual([next]);
    expect(withPieExperiment([begun], experiment('steps', {}))).toHaveLength(2);
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

  it('go place by place where there are several', () => {
    const words = findings(
      experiment('domains', { 'clinc150, Network, PIE': 0.2, 'clinc150, TF-IDF of its own': 0.6 }),
    );
    expect(words).toEqual(['clinc150: TF-IDF of its own is best, ARI 0.600 ± 0.010.']);
  });
});
