import { beforeEach, describe, expect, it } from 'vitest';
import { toasts } from '../toasts.ts';
import { exportJob, runExport, type ExportOptions } from './exportJob.ts';

const said = () => toasts.getState().list.map(({ message, tone }) => [tone, message]);

beforeEach(() => toasts.setState({ list: [] }));

describe('an export', () => {
  it('shows how far it is, says what it did, and is gone afterwards', async () => {
    const shown: unknown[] = [];
    const end = exportJob.subscribe(({ job }) => shown.push(job && [job.name, job.progress?.done ?? null]));
    await runExport('The report', async ({ onProgress }) => {
      onProgress({ phase: 'Curves', done: 2, total: 2, unit: 'outputs' });
      return 'Saved the report.';
    });
    end();
    expect(shown).toEqual([['The report', null], ['The report', 2], null]);
    expect(said()).toEqual([['good', 'Saved the report.']]);
  });

  it('ends where Stop is pressed, with nothing saved', async () => {
    let pieces = 0;
    await runExport('The report', async ({ pause }) => {
      for (; ; pieces++) {
        if (pieces === 2) exportJob.getState().job?.stop();
        await pause();
      }
    });
    expect(pieces).toBe(2);
    expect(exportJob.getState().job).toBeNull();
    expect(said()).toEqual([['neutral', 'The report: stopped. Nothing was saved.']]);
  });

  it('says at its end what can be taken back, and of a stop what it was a stop of', async () => {
    let isBack = false;
    const action = { label: 'Undo', run: () => void (isBack = true) };
    await runExport('Opening a.zip', async () => ({ message: 'Opened it.', action }));
    toasts.getState().list[0]?.action?.run();
    expect(said()).toEqual([['good', 'Opened it.']]);
    expect(isBack).toBe(true);
    const stop = async ({ pause }: ExportOptions) => {
      exportJob.getState().job?.stop();
      await pause();
      return '';
    };
    await runExport('Opening a.zip', stop, 'Nothing was opened.');
    expect(said().at(-1)).toEqual(['neutral', 'Opening a.zip: stopped. Nothing was opened.']);
  });

  it('refuses a second one meanwhile, and shows what went wrong', async () => {
    let finish: (() => void) | null = null;
    const first = runExport('The picture', async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      throw new Error('The canvas is gone.');
    });
    let ran = false;
    await runExport('The report', async () => {
      ran = true;
      return '';
    });
    expect(ran).toBe(false);
    expect(said()).toEqual([
      ['bad', 'The picture is still being made. Wait for it, or stop it and try again.'],
    ]);
    await expect.poll(() => finish).not.toBeNull();
    (finish as (() => void) | null)?.();
    await first;
    expect(said()[1]).toEqual(['bad', expect.stringContaining('The canvas is gone.')]);
    expect(exportJob.getState().job).toBeNull();
  });
});
