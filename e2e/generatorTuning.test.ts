import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { notebookLink } from './sample.ts';
import { tinyLlama } from './tinyLlama.ts';

// The instruction-tuning set and LoRA on it, offline, with two layers of noise for a model: what is shown is the flow, and that it learns.

const minute = 60_000;

test('pairs are collected, edited and saved; a decoder is tuned on them and swept over sizes @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(5 * minute);
  page.setDefaultTimeout(20_000);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      incubator: { ...defaults.incubator, generator: 'decoder', replyTokens: 24 },
      generatorTuning: {
        ...defaults.generatorTuning,
        sources: { library: false, corpus: true, generated: true, added: true },
        pairs: 8,
        classes: 2,
        dictionaries: 1,
        kind: 'mails',
        heldOut: 0.2,
        epochs: 2,
        batchSize: 4,
        learningRate: 0.01,
        maxLength: 192,
        replies: 2,
      },
    })),
  );
  const cell = notebook.cell('Tune a generator');
  await test.step('pairs of the open data, of files, and the library', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, at) => `mail ${at} about ${'abcde'[at % 5]},kind ${'abcde'[at % 5]}`,
    );
    await notebook.drop({ name: 'mail.csv', content: `text,label\n${rows.join('\n')}\n` });
    await notebook.cell('Data').done(minute);
    await cell.root.getByRole('button', { name: 'Draw pairs from the open data' }).click();
    await expect(cell.primary).toHaveText('Tune on 8 pairs');
    const chooser = page.waitForEvent('filechooser');
    await cell.root.getByRole('button', { name: 'Add files' }).click();
    const pair = { description: "Tell 'hot' from 'cold'.", samples: [{ hot: 'soup', cold: 'ice' }] };
    const file = {
      name: 'pairs.jsonl',
      mimeType: 'application/jsonl',
      buffer: Buffer.from(JSON.stringify(pair)),
    };
    await (await chooser).setFiles(file);
    await expect(cell.primary).toHaveText('Tune on 9 pairs');
    await cell.root.getByText('Library (40 tasks)').click();
    await expect(cell.primary).toHaveText('Tune on 49 pairs');
    await cell.root.getByText('Library (40 tasks)').click();
  });

  const table = (await cell.output('Tuning pairs')).root;
  await test.step('a description is edited, a pair left out; both are undone and outlive a reload', async () => {
    await table.getByText("Tell 'hot' from 'cold'.").click();
    const field = table.getByLabel('Description', { exact: true });
    await field.fill("Sort meals into 'hot' and 'cold'.");
    await field.press('Control+Enter');
    await expect(table.getByText("Sort meals into 'hot' and 'cold'.").first()).toBeVisible();
    // Closed again: the table is as high as its rows.
    await table.getByText("Sort meals into 'hot' and 'cold'.").first().click();
    await expect(field).toBeHidden();
    const download = page.waitForEvent('download');
    await table.getByRole('button', { name: 'Save as JSONL' }).click();
    const lines = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(9);
    expect(lines.some((line) => line.includes('Sort meals into'))).toBe(true);
    // Changes of one gesture are one step of undo.
    await page.waitForTimeout(1000);
    await table.getByRole('checkbox').first().press('Space');
    await expect(cell.primary).toHaveText('Tune on 8 pairs');
    await notebook.command('Undo');
    await expect(cell.primary).toHaveText('Tune on 9 pairs');
  });

  await test.step('tuning lowers the loss; its adapter leaves as PEFT has it', async () => {
    const choosing = page.waitForEvent('filechooser');
    await cell.root.getByRole('button', { name: 'Choose files' }).click();
    await (await choosing).setFiles(await tinyLlama());
    await cell.primary.click();
    await cell.done(3 * minute);
    const shown = await cell.root.innerText();
    const [after, before] =
      /Held-out loss\s+([\d.]+)[\s\S]*?([\d.]+) before/u.exec(shown)?.slice(1).map(Number) ?? [];
    expect(after).toBeLessThan(before ?? 0);
    await expect(cell.root.getByText('A model this small', { exact: false })).toBeVisible();
    await cell.output('Before and after');
    const download = page.waitForEvent('download');
    await cell.root.getByRole('button', { name: 'Save the adapter' }).click();
    const names = Object.keys(unzipSync(new Uint8Array(readFileSync(await (await download).path()))));
    expect(names.map((name) => name.split('/').at(-1)).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
  });

  await test.step('a generator that invents no task is given up on, with the reason', async () => {
    await cell.root.getByRole('button', { name: /^Augment: 16 new pairs/u }).click();
    const alert = cell.root.getByRole('alert');
    await expect(alert).toContainText('None of 16 replies held a new task', { timeout: minute });
    await expect(cell.root.getByText(/^0 new pairs kept, 16 replies dropped: /u)).toBeVisible();
    await alert.getByRole('button', { name: 'Dismiss' }).click();
  });

  await test.step('a sweep over nested sizes ends in a plot and a table', async () => {
    await cell.root.getByRole('button', { name: 'Sweep over sizes' }).click();
    await expect(cell.root).toHaveAttribute('data-state', 'running');
    await cell.done(3 * minute);
    const sweep = (await cell.output('Size of the tuning set')).root;
    await expect(sweep.getByRole('row')).toHaveCount(4);
    await expect(sweep.locator('li').first()).toContainText(/pairs the loss on held-out/u);
    await cell.output('Size of the tuning set: plot');
  });

  await cell.root.screenshot({ path: info.outputPath('tuning-light.png') });
  // Nothing half under the page's head: what is obscured by scrolling is no target.
  await cell.root.evaluate((node) => node.scrollIntoView({ block: 'start', behavior: 'instant' }));
  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await cell.root.screenshot({ path: info.outputPath('tuning-dark.png') });
  await cell.root.evaluate((node) => node.scrollIntoView({ block: 'start', behavior: 'instant' }));
  expect.soft(await axeViolations(page), 'dark').toEqual([]);
  await notebook.saved();
  await page.reload();
  await expect(cell.root.getByText('Size of the tuning set: plot')).toBeVisible();
  await expect(cell.root.getByText("Sort meals into 'hot' and 'cold'.").first()).toBeVisible();

  await test.step('the adapters that were made outlive the tab, and are put to work again', async () => {
    const kept = cell.root.getByRole('region', { name: 'Kept adapters' });
    const start = kept.getByRole('button', { name: 'Put to work' });
    // Of the tuning, and the last of the sweep.
    await expect(start).toHaveCount(2);
    const choosing = page.waitForEvent('filechooser');
    await cell.root.getByRole('button', { name: 'Choose files' }).click();
    await (await choosing).setFiles(await tinyLlama());
    await start.last().click();
    await expect(kept.getByText('at work', { exact: true })).toBeVisible({ timeout: minute });
    await kept
      .getByRole('button', { name: /^Remove the adapter/u })
      .first()
      .click();
    await expect(kept.getByRole('listitem')).toHaveCount(1);
    // The toast stands for ten seconds: less than a pointer takes to get there on a busy machine.
    const undo = notebook.toasts.getByRole('button', { name: 'Undo' }).last();
    await undo.evaluate((button: HTMLElement) => button.click());
    await expect(kept.getByRole('listitem')).toHaveCount(2);
  });
});
