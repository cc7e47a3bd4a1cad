import { describe, expect, it } from 'vitest';
import { VerbenaError } from '../base/errors.ts';
import type { CellId } from './cells.ts';
import { newDocument, serialiseDocument } from './document.ts';
import { parseDocument } from './readDocument.ts';
import { createRunner, provenanceText, type CellTask } from './runner.ts';
import { createNotebook } from './store.ts';

function house(tasks: Partial<Record<CellId, CellTask>>, isLoaded: (cell: CellId) => boolean = () => true) {
  const notebook = createNotebook(newDocument());
  notebook.setAttached(true);
  const ran: CellId[] = [];
  const runner = createRunner(notebook, {
    task: (cell) => {
      const task = tasks[cell];
      return (
        task &&
        ((context) => {
          ran.push(cell);
          return task(context);
        })
      );
    },
    isLoaded,
    version: '1.2.3',
    device: 'test bench',
  });
  return { notebook, runner, ran };
}

const ok: CellTask = () => Promise.resolve({ headline: 'fine', summary: { n: 1 } });
const data: CellTask = () =>
  Promise.resolve({ headline: '3 rows', summary: null, dataHash: 'abcdef0123456789' });
const all = { dataset: data, labels: ok, split: ok, text: ok, training: ok, evaluation: ok };

const untilAborted: CellTask = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new VerbenaError('aborted', 'Stopped.', '')));
  });

describe('running', () => {
  it('runs a cell after what it needs, once each, and records provenance', async () => {
    const { notebook, runner, ran } = house(all);
    await runner.runThrough('training');
    expect(ran).toEqual(['dataset', 'labels', 'split', 'text', 'training']);
    expect(notebook.status('training').state).toBe('done');
    const result = notebook.store.getState().results.training;
    expect(result?.provenance).toMatchObject({
      dataHash: 'abcdef0123456789',
      device: 'test bench',
      version: '1.2.3',
    });
    expect(result?.inputs).toMatchObject({ dataHash: 'abcdef0123456789', labels: { threshold: 500 } });
    expect(result && provenanceText(result.provenance)).toMatch(
      /^data abcdef012345 · test bench · Verbena 1\.2\.3 · /,
    );
  });

  it('says of what was stopped that it was, also after it was saved; a whole one says nothing', async () => {
    const cut: CellTask = () => Promise.resolve({ headline: 'step 3', summary: null, isStopped: true });
    const { notebook, runner } = house({ ...all, training: cut });
    await runner.runAll();
    expect(notebook.status('training')).toMatchObject({ state: 'done', isStopped: true });
    expect(notebook.status('split')).not.toHaveProperty('isStopped');
    const saved = parseDocument(serialiseDocument(notebook.document()));
    expect(saved.results.training?.isStopped).toBe(true);
    // What rests on it is as good as on a whole one: it does not run again by itself.
    expect(notebook.status('evaluation').state).toBe('done');
  });

  it('names data in the provenance of what reads it only', async () => {
    const { notebook, runner } = house({ ...all, classifiers: ok, incubatorExperiments: data });
    await runner.runAll();
    await runner.run('classifiers');
    await runner.run('incubatorExperiments');
    const { results } = notebook.store.getState();
    expect(results.classifiers?.provenance.dataHash).toBe('');
    // Judged on rows of a file, and says so.
    expect(results.incubatorExperiments?.provenance.dataHash).toBe('abcdef0123456789');
  });

  it('runs only what a change has made stale', async () => {
    const { notebook, runner, ran } = house(all);
    await runner.runAll();
    ran.length = 0;
    notebook.setParameters('text', { maxLength: 256 });
    await runner.runThrough('training');
    expect(ran).toEqual(['text', 'training']);
  });

  it('runs a cell anew where it runs already: what was asked last counts', async () => {
    const seen: string[] = [];
    let what = 'first';
    const { notebook, runner } = house({
      ...all,
      dataset: async (context) => {
        seen.push(what);
        return what === 'first' ? untilAborted(context) : data(context);
      },
    });
    const first = runner.run('dataset');
    what = 'second';
    await Promise.all([first, runner.runAnew('dataset')]);
    expect(seen).toEqual(['first', 'second']);
    expect(notebook.status('dataset').state).toBe('done');
  });

  it('runs a cell after it was asked to run everything and nothing was due', async () => {
    const { notebook, runner, ran } = house(all);
    await runner.runAll();
    ran.length = 0;
    await runner.runAll();
    expect(ran).toEqual([]);
    await runner.run('split');
    expect(ran).toEqual(['split']);
    expect(notebook.status('split').state).toBe('done');
  });

  it('runs again what is known but not in this tab', async () => {
    const missing = new Set<CellId>();
    const { runner, ran } = house(all, (cell) => !missing.has(cell));
    await runner.runAll();
    ran.length = 0;
    missing.add('text');
    await runner.runThrough('training');
    expect(ran).toEqual(['text', 'training']);
  });

  it('notes a result under the parameters it was started with', async () => {
    const { notebook, runner } = house({
      ...all,
      text: () => {
        notebook.setParameters('text', { maxLength: 128 });
        return ok({ signal: new AbortController().signal, onProgress: () => undefined });
      },
    });
    await runner.runThrough('text');
    expect(notebook.status('text')).toEqual({ state: 'stale', why: 'length limit 512 → 128' });
  });

  it('shows progress with an estimate', async () => {
    const seen: unknown[] = [];
    const { notebook, runner } = house({
      ...all,
      dataset: async (context) => {
        for (const done of [0, 10, 20]) {
          context.onProgress({ phase: 'Indexing', done, total: 100, unit: 'bytes' });
          seen.push(notebook.status('dataset'));
          await new Promise((resolve) => setTimeout(resolve, 15));
        }
        return data(context);
      },
    });
    await runner.run('dataset');
    expect(seen.at(-1)).toMatchObject({ state: 'running', progress: { done: 20 } });
    expect((seen.at(-1) as { etaMs: number }).etaMs).toBeGreaterThan(0);
  });
});

describe('failing and stopping', () => {
  it('keeps the last good result, shows the error, and lets nothing behind it run', async () => {
    const { notebook, runner, ran } = house({
      ...all,
      split: () => Promise.reject(new VerbenaError('split-too-few-rows', 'Too few rows.', 'Add data.')),
    });
    await runner.runThrough('training');
    expect(ran).toEqual(['dataset', 'labels', 'split']);
    expect(notebook.status('split')).toMatchObject({
      state: 'failed',
      error: { code: 'split-too-few-rows', remedy: 'Add data.' },
    });
    expect(notebook.status('training').state).toBe('idle');
  });

  it('fails with a name where a cell cannot be run', async () => {
    const { notebook, runner } = house({ dataset: data });
    await runner.run('labels');
    expect(notebook.status('labels')).toMatchObject({ state: 'failed', error: { code: 'nothing-to-run' } });
  });

  it('treats a stop as a wish, not a failure, and clears the queue', async () => {
    const { notebook, runner, ran } = house({ ...all, labels: untilAborted });
    const finished = runner.runAll();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(notebook.status('labels').state).toBe('running');
    expect(notebook.status('training').state).toBe('queued');
    runner.stop('labels');
    await finished;
    expect(ran).toEqual(['dataset', 'labels']);
    expect(notebook.status('labels').state).toBe('idle');
    expect(notebook.status('training').state).toBe('idle');
  });

  it('takes a waiting cell off the queue with what is behind it', async () => {
    const { notebook, runner, ran } = house({ ...all, dataset: untilAborted });
    const finished = runner.runAll();
    runner.stop('split');
    expect(notebook.status('split').state).toBe('idle');
    expect(notebook.status('training').state).toBe('idle');
    expect(notebook.status('labels').state).toBe('queued');
    runner.stopAll();
    await finished;
    expect(ran).toEqual(['dataset']);
  });

  it('can run again after a failure', async () => {
    let fails = true;
    const { notebook, runner } = house({
      dataset: (context) => (fails ? Promise.reject(new Error('boom')) : data(context)),
    });
    await runner.run('dataset');
    expect(notebook.status('dataset')).toMatchObject({ state: 'failed', error: { code: 'unexpected' } });
    fails = false;
    await runner.run('dataset');
    expect(notebook.status('dataset').state).toBe('done');
  });
});
