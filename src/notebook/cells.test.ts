import { describe, expect, it } from 'vitest';
import {
  cellIds,
  inputsOf,
  statusOf,
  transition,
  upstreamOf,
  whyStale,
  type CellId,
  type CellResult,
} from './cells.ts';
import { defaultParameters, type NotebookParameters } from './parameters.ts';

const failure = { code: 'x', message: 'm', remedy: 'r', details: {} };

function resultOf(
  cell: 'dataset' | 'labels' | 'training',
  parameters: NotebookParameters,
  hash: string,
): CellResult {
  const inputs = inputsOf(cell, parameters, hash);
  return {
    inputs,
    headline: '',
    summary: null,
    provenance: {
      dataHash: hash,
      parameters: inputs,
      seed: null,
      model: null,
      device: 'cpu',
      version: '0',
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 5,
    },
  };
}

describe('dependencies', () => {
  it('lists what a cell rests on in reading order', () => {
    expect(upstreamOf('training')).toEqual(['dataset', 'labels', 'split', 'text']);
    expect(upstreamOf('dataset')).toEqual([]);
  });

  it('lists what rests on a cell', () => {
    const restOn = (cell: CellId) => cellIds.filter((id) => upstreamOf(id).includes(cell));
    expect(restOn('split')).toEqual(['training', 'evaluation']);
    expect(restOn('labels')).toEqual(['split', 'text', 'training', 'evaluation']);
  });
});

describe('state machine', () => {
  it('goes from queued over running to nothing', () => {
    const queued = transition(null, { kind: 'queue' });
    const running = transition(queued, { kind: 'start', nowMs: 3 });
    expect(running).toEqual({ kind: 'running', startedAtMs: 3, progress: null, etaMs: null });
    expect(transition(running, { kind: 'finish' })).toBeNull();
  });

  it('ignores progress that arrives after a stop', () => {
    const progress = { phase: '', done: 1, total: 2, unit: 'rows' } as const;
    expect(transition(null, { kind: 'progress', progress, etaMs: 1 })).toBeNull();
  });

  it('keeps a failure until it is dismissed or run again', () => {
    const running = transition(null, { kind: 'start', nowMs: 0 });
    const failed = transition(running, { kind: 'fail', error: failure });
    expect(failed).toEqual({ kind: 'failed', error: failure });
    expect(transition(failed, { kind: 'finish' })).toBe(failed);
    expect(transition(failed, { kind: 'stop' })).toBeNull();
    expect(transition(failed, { kind: 'queue' })).toEqual({ kind: 'queued' });
  });

  it('does not queue what is running', () => {
    const running = transition(null, { kind: 'start', nowMs: 0 });
    expect(transition(running, { kind: 'queue' })).toBe(running);
  });
});

describe('staleness', () => {
  const changed: NotebookParameters = {
    ...defaultParameters,
    labels: { ...defaultParameters.labels, threshold: 300 },
  };
  const results = {
    dataset: resultOf('dataset', defaultParameters, 'h1'),
    training: resultOf('training', defaultParameters, 'h1'),
  };

  it('says which setting changed, from what to what', () => {
    expect(whyStale(inputsOf('training', defaultParameters, 'h1'), inputsOf('training', changed, 'h1'))).toBe(
      'label threshold 500 → 300',
    );
  });

  it('counts further changed settings', () => {
    const more = { ...changed, split: { ...changed.split, seed: 14 } };
    expect(whyStale(inputsOf('training', defaultParameters, 'h1'), inputsOf('training', more, 'h1'))).toBe(
      'label threshold 500 → 300, +1 more',
    );
  });

  it('names groups whose parts make no sentence', () => {
    const cleaned = {
      ...defaultParameters,
      text: { ...defaultParameters.text, cleaning: { ...defaultParameters.text.cleaning, lowercase: true } },
    };
    expect(whyStale(inputsOf('text', defaultParameters, ''), inputsOf('text', cleaned, ''))).toBe(
      'cleaning changed',
    );
  });

  it('reaches only the cells below', () => {
    expect(inputsOf('split', defaultParameters, 'h1')).not.toHaveProperty('text');
    const facts = { parameters: changed, results, activity: null, attached: true };
    expect(statusOf({ ...facts, cell: 'training' })).toEqual({
      state: 'stale',
      why: 'label threshold 500 → 300',
    });
    expect(statusOf({ ...facts, cell: 'dataset' }).state).toBe('done');
  });

  it('is gone when the change is taken back', () => {
    const facts = { parameters: defaultParameters, results, activity: null, attached: true };
    expect(statusOf({ ...facts, cell: 'training' }).state).toBe('done');
  });

  it('other data makes nothing old that read none, also where an older notebook noted it', () => {
    const classifiers = { ...resultOf('training', defaultParameters, 'h0'), inputs: { dataHash: 'h0' } };
    const facts = { parameters: defaultParameters, activity: null, attached: true };
    expect(statusOf({ ...facts, results: { ...results, classifiers }, cell: 'classifiers' }).state).toBe(
      'done',
    );
  });

  it('ignores settings that only change how a result is read', () => {
    const threshold = {
      ...defaultParameters,
      evaluation: { ...defaultParameters.evaluation, threshold: 0.2 },
    };
    expect(
      whyStale(inputsOf('evaluation', defaultParameters, 'h'), inputsOf('evaluation', threshold, 'h')),
    ).toBeNull();
  });

  it('follows the data: another hash makes everything below stale', () => {
    const other = { ...results, dataset: resultOf('dataset', defaultParameters, 'h2') };
    expect(
      statusOf({
        cell: 'training',
        parameters: defaultParameters,
        results: other,
        activity: null,
        attached: true,
      }),
    ).toEqual({ state: 'stale', why: 'other data' });
  });

  it('marks data that is not open in this tab', () => {
    expect(
      statusOf({ cell: 'dataset', parameters: defaultParameters, results, activity: null, attached: false }),
    ).toEqual({ state: 'stale', why: 'file not open in this tab' });
  });

  it('lets what is going on win over what has been', () => {
    const facts = { cell: 'training', parameters: changed, results, attached: true } as const;
    expect(statusOf({ ...facts, activity: { kind: 'failed', error: failure } }).state).toBe('failed');
    expect(statusOf({ ...facts, activity: { kind: 'queued' } }).state).toBe('queued');
  });
});

describe('settings that came later', () => {
  it('make no result old while they have their defaults', () => {
    const then = inputsOf('embedding', defaultParameters, 'x');
    expect(then).not.toHaveProperty('embedding.dtype');
    expect(then).not.toHaveProperty('embedding.staticRepository');
    expect(then).toHaveProperty('embedding.rank');
    expect(inputsOf('instructions', defaultParameters, 'x')).toEqual({ dataHash: 'x' });
    const half: NotebookParameters = {
      ...defaultParameters,
      instructions: { ...defaultParameters.instructions, extractor: 'compromise' },
      embedding: { ...defaultParameters.embedding, dtype: 'fp16' },
    };
    expect(whyStale(then, inputsOf('embedding', half, 'x'))).toContain('precision');
    expect(
      whyStale(inputsOf('instructions', defaultParameters, 'x'), inputsOf('instructions', half, 'x')),
    ).toContain('extractor');
  });
});
