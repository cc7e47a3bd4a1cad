import { beforeEach, describe, expect, it } from 'vitest';
import { newDocument } from './document.ts';
import { createNotebook, type Notebook } from './store.ts';

let clock = 0;
let notebook: Notebook;

const threshold = () => notebook.store.getState().parameters.labels.threshold;

beforeEach(() => {
  clock = 1_000_000;
  notebook = createNotebook(newDocument(), () => clock);
});

describe('undo', () => {
  it('takes a change back and brings it again', () => {
    notebook.setParameters('labels', { threshold: 300 });
    notebook.undo();
    expect(threshold()).toBe(500);
    notebook.redo();
    expect(threshold()).toBe(300);
  });

  it('treats one drag of a slider as one step', () => {
    for (let value = 499; value >= 200; value--) {
      clock += 16;
      notebook.setParameters('labels', { threshold: value });
    }
    expect(threshold()).toBe(200);
    notebook.undo();
    expect(threshold()).toBe(500);
  });

  it('separates two controls and two drags of one', () => {
    notebook.setParameters('labels', { threshold: 300 });
    notebook.setParameters('split', { seed: 7 });
    clock += 5_000;
    notebook.setParameters('split', { seed: 8 });
    notebook.undo();
    expect(notebook.store.getState().parameters.split.seed).toBe(7);
    notebook.undo();
    expect(notebook.store.getState().parameters.split.seed).toBe(13);
    expect(threshold()).toBe(300);
  });

  it('starts a new step after an undo, even in the same instant', () => {
    notebook.setParameters('labels', { threshold: 300 });
    notebook.undo();
    notebook.setParameters('labels', { threshold: 200 });
    notebook.undo();
    expect(threshold()).toBe(500);
  });

  it('leaves no step for a value that is set to itself', () => {
    notebook.setParameters('labels', { threshold: 500, pinned: [] });
    expect(notebook.history.getState().pastStates).toHaveLength(0);
  });

  it('takes a change to several cells back at once', () => {
    const { hyperparameters } = notebook.store.getState().parameters.training;
    notebook.setSeveral({
      training: { hyperparameters: { ...hyperparameters, epochs: 40 } },
      text: { maxLength: 128 },
    });
    const { training, text } = notebook.store.getState().parameters;
    expect([training.hyperparameters.epochs, text.maxLength]).toEqual([40, 128]);
    expect(notebook.history.getState().pastStates).toHaveLength(1);
    notebook.undo();
    expect(notebook.store.getState().parameters.training.hyperparameters).toEqual(hyperparameters);
    expect(notebook.store.getState().parameters.text.maxLength).toBe(512);
    notebook.setSeveral({ training: { seed: 13 }, text: { maxLength: 512 } });
    expect(notebook.history.getState().pastStates, 'values set to themselves').toHaveLength(0);
  });

  it('walks over settings only: the data that is open stays open', () => {
    notebook.setParameters('labels', { threshold: 300 });
    notebook.setParameters('dataset', { source: { kind: 'sample', name: 's.jsonl' } });
    expect(notebook.history.getState().pastStates).toHaveLength(1);
    notebook.undo();
    expect(threshold()).toBe(500);
    expect(notebook.store.getState().parameters.dataset.source.kind).toBe('sample');
    notebook.redo();
    expect(threshold()).toBe(300);
    expect(notebook.store.getState().parameters.dataset.source.kind).toBe('sample');
  });

  it('keeps results: they follow the work, not the history', () => {
    notebook.setParameters('labels', { threshold: 300 });
    notebook.record('labels', {
      inputs: notebook.inputs('labels'),
      headline: '67 labels',
      summary: { labelsKept: 67 },
      provenance: {
        dataHash: '',
        parameters: null,
        seed: null,
        model: null,
        device: '',
        version: '',
        startedAt: '',
        durationMs: 1,
      },
    });
    notebook.undo();
    expect(notebook.store.getState().results.labels?.headline).toBe('67 labels');
    expect(notebook.status('labels')).toEqual({ state: 'stale', why: 'label threshold 300 → 500' });
    notebook.setAttached(true);
    expect(notebook.status('labels').state, 'live while the data is open').toBe('done');
    notebook.setAttached(false);
    notebook.redo();
    expect(notebook.status('labels').state).toBe('done');
  });
});

describe('replacing the document', () => {
  it('returns the old one and forgets its history and activities', () => {
    notebook.setTitle('First');
    notebook.dispatch('text', { kind: 'start', nowMs: 0 });
    const previous = notebook.replace(newDocument());
    expect(previous.title).toBe('First');
    expect(notebook.store.getState().activities).toEqual({});
    notebook.undo();
    expect(notebook.store.getState().title).toBe('Untitled notebook');
  });

  it('refuses changes, undo and runs while read-only, and says so each time', () => {
    let refusals = 0;
    const notebook = createNotebook(undefined, Date.now, () => refusals++);
    notebook.setTitle('Mine');
    notebook.setReadOnly(true);
    const before = notebook.document();
    notebook.setTitle('Other');
    notebook.setParameters('labels', { threshold: 7 });
    notebook.undo();
    expect(notebook.mayRun()).toBe(false);
    expect([notebook.document(), refusals]).toEqual([before, 4]);
    // Another document in its place is refused until this tab has it.
    notebook.replace(createNotebook().document());
    expect(notebook.store.getState().readOnly).toBe(true);
    notebook.setReadOnly(false);
    notebook.setParameters('labels', { threshold: 7 });
    expect(notebook.store.getState().parameters.labels.threshold).toBe(7);
  });
});
