import { expect, test } from './base.ts';
import type { NotebookPage } from './pages/notebookPage.ts';

// One notebook, several tabs: one of them writes, the others read, and none loses what another did.

const rows = Array.from({ length: 60 }, (_, i) =>
  JSON.stringify({ text: `Step number ${i}`, labels: ['A', `B${i % 3}`] }),
).join('\n');

const threshold = (notebook: NotebookPage) =>
  notebook
    .cell('Labels')
    .root.getByRole('textbox', { name: /threshold/iu })
    .first();

test.describe('a notebook in two tabs', () => {
  test('the second reads along, changes nothing, and can take over with all that the first did', async ({
    notebook,
    context,
  }) => {
    await notebook.open();
    await notebook.drop({ name: 'steps.jsonl', content: rows });
    await notebook.cell('Data').done(30_000);
    await notebook.keepCopy();
    await notebook.cell('Labels').setNumber(/threshold/iu, 7);
    await notebook.saved();
    await expect(notebook.readOnlyBanner).toHaveCount(0);

    const second = notebook.on(await context.newPage());
    await second.open();
    await expect(second.readOnlyBanner).toBeVisible();
    expect(await second.figure('Data', /^rows$/iu)).toBe('60');
    await expect(threshold(second)).toHaveValue('7');

    // A change in the reading tab is refused with a word, and reaches no other.
    await second.cell('Labels').setNumber(/threshold/iu, 19);
    await expect(second.toasts).toContainText('open in another tab');
    await expect(threshold(notebook)).toHaveValue('7');

    // What the first changes at the last moment is saved before it is handed over.
    await notebook.page.bringToFront();
    await notebook.cell('Labels').setNumber(/threshold/iu, 13);
    await second.page.bringToFront();
    await second.workHere();
    await expect(notebook.readOnlyBanner).toBeVisible();
    await expect(threshold(second)).toHaveValue('13');
    await expect.poll(() => second.figure('Data', /^rows$/iu)).toBe('60');

    await second.cell('Labels').setNumber(/threshold/iu, 20);
    await expect(threshold(second)).toHaveValue('20');
    await second.saved();
    await expect(second.toasts).not.toContainText('cannot be changed here');
    await second.page.reload();
    await expect(threshold(second)).toHaveValue('20');
    await expect(second.readOnlyBanner).toHaveCount(0);
  });

  test('the tab that waited goes on by itself once the other is closed, from what that one saved', async ({
    notebook,
    context,
  }) => {
    await notebook.open();
    await notebook.drop({ name: 'steps.jsonl', content: rows });
    await notebook.cell('Data').done(30_000);
    await notebook.keepCopy();
    await notebook.saved();
    const second = notebook.on(await context.newPage());
    await second.open();
    await expect(second.readOnlyBanner).toBeVisible();

    // A reload of the tab that has the notebook is no letting go.
    await notebook.page.reload();
    await expect(notebook.cell('Data').root).toBeVisible();
    await expect(notebook.readOnlyBanner).toHaveCount(0);
    await expect(second.readOnlyBanner).toBeVisible();

    await notebook.cell('Labels').setNumber(/threshold/iu, 11);
    await expect(threshold(notebook)).toHaveValue('11');
    await notebook.page.close({ runBeforeUnload: true });
    await expect(second.readOnlyBanner).toHaveCount(0, { timeout: 20_000 });
    await expect(second.toasts).toContainText('can be changed here now');
    await expect(threshold(second)).toHaveValue('11');
    await second.cell('Labels').setNumber(/threshold/iu, 9);
    await expect(threshold(second)).toHaveValue('9');
  });

  test('another notebook in the second tab is free to change', async ({ notebook, context }) => {
    await notebook.open();
    await notebook.drop({ name: 'steps.jsonl', content: rows });
    await notebook.cell('Data').done(30_000);
    await notebook.saved();
    const second = notebook.on(await context.newPage());
    await second.open();
    await second.readOnlyBanner.getByRole('button', { name: 'New notebook' }).click();
    await expect(second.readOnlyBanner).toHaveCount(0);
    expect(await second.cell('Data').state()).toBe('idle');
    await second.drop({ name: 'other.jsonl', content: rows.split('\n').slice(0, 30).join('\n') });
    await second.cell('Data').done(30_000);
    expect(await second.figure('Data', /^rows$/iu)).toBe('30');
    expect(await notebook.figure('Data', /^rows$/iu)).toBe('60');
  });
});
