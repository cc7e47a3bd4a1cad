import { readFileSync } from 'node:fs';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import type { NotebookPage } from './pages/notebookPage.ts';
import { generatedObjects } from './sample.ts';

// Nothing lost: what a notebook has made goes into one file, and another browser opens all of it.

const minute = 60_000;

function messages(): string {
  const rows = generatedObjects('food-or-movie.jsonl')
    .slice(0, 30)
    .flatMap((object, at) => [
      { text: `${object['about food'] ?? ''} (${at})`, labels: ['food'] },
      { text: `${object['about movie'] ?? ''} (${at})`, labels: ['movies'] },
    ]);
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}

/** A toast stands for ten seconds: less than a pointer takes to get there on a busy machine. */
const pressUndo = (notebook: NotebookPage): Promise<void> =>
  notebook.toasts
    .getByRole('button', { name: 'Undo' })
    .last()
    .evaluate((button: HTMLElement) => button.click());

test('a set, a classifier and a mining label go into one file, and a browser that knows nothing opens them @cpu', async ({
  notebook,
  page,
  browser,
  baseURL,
}, info) => {
  test.setTimeout(8 * minute);
  await notebook.open();
  await notebook.drop({ name: 'messages.jsonl', content: messages() });
  await notebook.cell('Data').done(minute);
  const [classifiers, mining] = [notebook.cell('Incubated classifiers'), notebook.cell('Mining')];
  await test.step('make one of each', async () => {
    await notebook.openSampleSet();
    await classifiers.run(minute);
    await mining.root.getByRole('textbox', { name: 'Formula' }).click();
    await page.keyboard.type('"about food" AND NOT "about movie"');
    await page.keyboard.press('Escape');
    await mining.primary.click();
    await mining.done(minute);
    await mining.root.getByRole('grid', { name: 'Texts by score' }).focus();
    await page.keyboard.press('y');
    await page.keyboard.press('n');
    await expect(mining.root.getByTestId('judged')).toHaveText(/2 judged/u);
    await notebook.saved();
  });

  const dialog = page.getByRole('dialog', { name: 'Save notebook with everything' });
  const file =
    await test.step('the dialog says what there is, with sizes; the data only where it is ticked', async () => {
      await notebook.command('Save notebook with everything…');
      await expect(dialog.getByText(/2 mining marks/u)).toBeVisible();
      await expect(dialog.getByRole('checkbox', { name: 'Generated sets' })).toBeChecked();
      await expect(dialog.getByRole('checkbox', { name: 'Incubated classifiers' })).toBeChecked();
      await expect(dialog.getByRole('checkbox', { name: 'Mining scores' })).toBeChecked();
      const data = dialog.getByRole('checkbox', { name: 'The data itself' });
      await expect(data).not.toBeChecked();
      expect(await axeViolations(page)).toEqual([]);
      await dialog.screenshot({ path: info.outputPath('save-all.png') });
      const total = dialog.getByText(/before compression/u);
      const without = await total.innerText();
      // The box itself is visually hidden; its label is what a person presses.
      await data.locator('xpath=ancestor::label').click();
      await expect(data).toBeChecked();
      expect(await total.innerText()).not.toBe(without);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        dialog.getByRole('button', { name: 'Save as one file' }).click(),
      ]);
      await expect(notebook.toasts).toContainText(/Saved .*\.verbena\.zip/u);
      expect(download.suggestedFilename()).toBe('untitled-notebook.verbena.zip');
      return readFileSync(await download.path());
    });

  await test.step('another browser finds all of it, and again after a reload', async () => {
    const context = await browser.newContext({ baseURL: baseURL ?? '', reducedMotion: 'reduce' });
    const other = notebook.on(await context.newPage());
    await other.open();
    await other.drop({ name: 'untitled-notebook.verbena.zip', content: file });
    await expect(other.toasts).toContainText(
      /Opened “Untitled notebook.*” with 1 generated set, 1 classifier, 1 set of mining scores and 1 copy of data/u,
      { timeout: minute },
    );
    const [data, theirs] = [other.cell('Data'), other.cell('Mining')];
    const set = other
      .cell('Incubator')
      .root.getByText(/160 objects/u)
      .first();
    await data.done(minute);
    expect(await other.figure('Data', /^rows$/iu)).toBe('60');
    await expect(set).toBeVisible({ timeout: minute });
    await expect(
      other
        .cell('Incubated classifiers')
        .root.getByText(/about food, about movie/u)
        .first(),
    ).toBeVisible({ timeout: minute });
    await expect(theirs.root.getByRole('textbox', { name: 'Formula' })).toHaveText(
      '"about food" AND NOT "about movie"',
      { timeout: minute },
    );
    // Its scores came along, so the formula answers without a run; the marks lie over the answer.
    await expect(theirs.root.getByTestId('judged')).toHaveText(/2 judged/u, { timeout: minute });
    await other.saved();
    await other.page.reload();
    await data.done(minute);
    await expect(theirs.root.getByTestId('judged')).toHaveText(/2 judged/u, { timeout: minute });
    await expect(set).toBeVisible({ timeout: minute });

    // Once more beside it: nothing is doubled, and Undo takes it away again.
    await other.drop({ name: 'renamed.zip', content: file });
    await expect(other.toasts).toContainText(/with 1 generated set\. 3 parts of it were here already/u, {
      timeout: minute,
    });
    await pressUndo(other);
    await expect(other.toasts).toContainText(/Took “.*” and what came with it away again/u, {
      timeout: minute,
    });
    await other.command('Notebooks in this browser…');
    // The one that was open first, blank, and the one that came with the file.
    await expect(other.page.getByRole('dialog').getByRole('button', { name: /^Remove/u })).toHaveCount(2);
    await context.close();
  });
});

test('a large file is written as it is made, and Stop leaves nothing behind @cpu', async ({
  notebook,
  page,
}) => {
  test.setTimeout(7 * minute);
  await notebook.open();
  // 36 MB of data, so that the browser is asked where to save; the place is a file in its own file system, which no dialog guards.
  await page.evaluate(() =>
    Object.assign(window, {
      showSaveFilePicker: async () =>
        (await navigator.storage.getDirectory()).getFileHandle('saved.zip', { create: true }),
    }),
  );
  const data = await page.evaluateHandle(() => {
    const words = ['soup', 'film', 'bread', 'actor', 'plot', 'salt', 'scene', 'oven', 'ticket', 'spoon'];
    let state = 7;
    const next = () => (state = (state * 1103515245 + 12345) % 2147483648);
    const rows: string[] = [];
    for (let row = 0; row < 34_000; row++) {
      let text = `Row ${row}`;
      for (let at = 0; at < 120; at++) text += ` ${words[next() % 10] ?? ''}${next() % 1000}`;
      rows.push(JSON.stringify({ text, labels: [row % 2 === 0 ? 'even' : 'odd'] }));
    }
    return [new File([rows.join('\n')], 'large.jsonl')];
  });
  await notebook.dropFromPage(data);
  await notebook.cell('Data').done(2 * minute);
  const savedBytes = () =>
    page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      return (await (await folder.getFileHandle('saved.zip')).getFile()).size;
    });
  const dialog = page.getByRole('dialog', { name: 'Save notebook with everything' });
  const save = async () => {
    await notebook.command('Save notebook with everything…');
    const box = dialog.getByRole('checkbox', { name: 'The data itself' });
    await box.locator('xpath=ancestor::label').click();
    await dialog.getByRole('button', { name: 'Save as one file' }).click();
  };
  const strip = page.getByRole('region', { name: 'Notebook with everything', exact: true });
  await save();
  await strip.getByText(/Writing large\.jsonl/u).waitFor({ timeout: minute });
  await strip.getByRole('button', { name: 'Stop' }).click();
  await expect(notebook.toasts).toContainText('Notebook with everything: stopped. Nothing was saved.');
  expect(await savedBytes()).toBe(0);

  await save();
  await expect(notebook.toasts).toContainText(/Saved untitled-notebook\.verbena\.zip/u, {
    timeout: 3 * minute,
  });
  // Texts are compressed.
  const bytes = await savedBytes();
  expect(bytes).toBeGreaterThan(5e6);
  expect(bytes).toBeLessThan(30e6);

  const titles = page.getByRole('dialog', { name: 'Notebooks in this browser' }).locator('.notebooks-open');
  const saved = await page.evaluateHandle(async () => {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle('saved.zip')).getFile();
    return [new File([file], 'large.verbena.zip')];
  });
  await notebook.dropFromPage(saved);
  const opening = page.getByRole('region', { name: 'Opening large.verbena.zip', exact: true });
  await opening.getByText(/Checking the file/u).waitFor({ timeout: minute });
  await opening.getByRole('button', { name: 'Stop' }).click();
  await expect(notebook.toasts).toContainText('Opening large.verbena.zip: stopped. Nothing was opened.');
  await notebook.command('Notebooks in this browser…');
  await expect(titles).toHaveCount(1);
});

test('a notebook is duplicated and removed with its sets, and Undo brings them back @cpu', async ({
  notebook,
  page,
}) => {
  test.setTimeout(3 * minute);
  await notebook.open();
  const incubator = notebook.cell('Incubator');
  await notebook.openSampleSet();
  await expect(incubator.root.getByText(/160 objects/u).first()).toBeVisible();
  await notebook.saved();
  const keys = () =>
    page.evaluate(
      () =>
        new Promise<string[]>((resolve, reject) => {
          const opening = indexedDB.open('keyval-store');
          opening.onsuccess = () => {
            const asking = opening.result.transaction('keyval').objectStore('keyval').getAllKeys();
            asking.onsuccess = () => resolve(asking.result.map(String));
            asking.onerror = () => reject(asking.error ?? new Error('no keys'));
          };
          opening.onerror = () => reject(opening.error ?? new Error('no database'));
        }),
    );
  const generated = async () => (await keys()).filter((key) => key.startsWith('generated/')).length;
  const before = await generated();
  expect(before).toBeGreaterThan(1);

  const dialog = page.getByRole('dialog', { name: 'Notebooks in this browser' });
  await notebook.command('Notebooks in this browser…');
  await dialog.getByRole('button', { name: 'Duplicate “Untitled notebook”' }).click();
  await expect(dialog.getByRole('button', { name: /Untitled notebook \(copy\)/u }).first()).toBeVisible();
  expect(await generated()).toBe(2 * before);
  await dialog.getByRole('button', { name: 'Remove “Untitled notebook (copy)”' }).click();
  await expect.poll(generated).toBe(before);
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(generated).toBe(2 * before);

  // The copy has the set; the one that is open can be removed too, and a new one takes its place.
  await dialog.getByRole('button', { name: /^Untitled notebook \(copy\)/u }).click();
  await expect(incubator.root.getByText(/160 objects/u).first()).toBeVisible();
  await notebook.command('Notebooks in this browser…');
  await dialog.getByRole('button', { name: 'Remove “Untitled notebook (copy)”' }).click();
  await expect.poll(generated).toBe(before);
  await expect(incubator.root.getByText(/160 objects/u)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await pressUndo(notebook);
  await expect.poll(generated).toBe(2 * before);
});
