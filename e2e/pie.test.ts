import { readFileSync } from 'node:fs';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { instructionRows } from './sample.ts';

// The second chain: instructions in, task categories, vectors, clusters, a map whose points select rows.

const minute = 60_000;
const rows = instructionRows(300);

test('instructions become categories, vectors, clusters and a map @cpu', async ({ notebook, page }, info) => {
  test.setTimeout(6 * minute);
  await notebook.open();
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const [categories, embedding, clusters] = [
    notebook.cell('Task categories'),
    notebook.cell('Embedding'),
    notebook.cell('Clusters'),
  ];

  await test.step('find verbs and nouns, check them against the labels, correct one and undo', async () => {
    await categories.run(minute);
    expect(parseFloat(await notebook.figure('Task categories', /agrees/iu))).toBeGreaterThan(90);
    const table = await categories.output('Instructions');
    await expect(table.root.getByText(/^300 texts/u)).toBeVisible();
    await table.root
      .getByRole('button', { name: /^Details/u })
      .first()
      .click();
    await table.root.getByRole('textbox', { name: 'Verb' }).fill('ponder');
    await table.root.getByRole('button', { name: 'Correct', exact: true }).click();
    await expect(table.root.getByText(/1 corrected by hand/u)).toBeVisible();
    await notebook.command('Undo');
    await expect(table.root.getByText(/corrected by hand/u)).toBeHidden();
  });

  await test.step('join synonyms: fewer categories', async () => {
    const count = async () =>
      Number((await notebook.figure('Task categories', /^categories/iu)).replaceAll(/\D/gu, ''));
    const before = await count();
    await categories.root
      .getByRole('textbox', { name: /words, the name first/iu })
      .fill('create, generate, make');
    await categories.root.getByRole('button', { name: 'Join', exact: true }).click();
    await expect.poll(count).toBeLessThan(before);
  });

  await test.step('let another word name the group', async () => {
    const synonyms = (await categories.output('Synonyms')).root;
    const name = (word: string) => synonyms.getByRole('button', { name: `${word} names the group` });
    await expect(name('create')).toHaveAttribute('aria-pressed', 'true');
    await name('make').focus();
    await page.keyboard.press('Enter');
    await expect(name('make')).toHaveAttribute('aria-pressed', 'true');
    await expect(name('make')).toBeFocused();
    await expect(name('create')).toHaveAttribute('aria-pressed', 'false');
    await expect(synonyms.getByRole('button', { name: /^make \d+$/u })).toBeVisible();
    await expect(synonyms.getByRole('button', { name: /^create \d+$/u })).toHaveCount(0);
    await synonyms.screenshot({ path: info.outputPath('synonyms.png') });
    await notebook.command('Undo');
    await expect(name('create')).toHaveAttribute('aria-pressed', 'true');
  });

  await test.step('cluster TF-IDF: metrics, leaderboard, names, map', async () => {
    await clusters.run(2 * minute);
    await expect(embedding.root).toHaveAttribute('data-state', 'done');
    const ari = Number(await notebook.figure('Clusters', /rand/iu));
    expect(ari).toBeGreaterThan(0.05);
    const map = await clusters.output('Map');
    await expect(map.root.getByText(/2\d\d texts by PCA/u)).toBeVisible();
    await clusters.output('Clusters found');
  });

  await test.step('embed with verbena-mini under PIE’s prompt: TF-IDF stays on the board', async () => {
    await embedding.root.getByRole('button', { name: /embedder/iu }).click();
    await page.getByRole('option', { name: /encoder here/iu }).click();
    await expect(embedding.root.getByText(/essence of an instruction/u)).toBeVisible();
    await expect(clusters.root).toHaveAttribute('data-state', 'stale');
    await clusters.run(4 * minute);
    expect(Number(await notebook.figure('Embedding', /tokens/iu))).toBeGreaterThan(20);
    const board = (await clusters.output('Leaderboard')).root;
    await expect(board.getByRole('cell', { name: 'TF-IDF' })).toBeVisible();
    await expect(board.getByRole('cell', { name: /verbena-mini/u })).toBeVisible();
    const path = page.waitForEvent('download');
    await embedding.root.getByRole('button', { name: 'Save .npy' }).click();
    const bytes = readFileSync(await (await path).path());
    expect(bytes.subarray(1, 6).toString()).toBe('NUMPY');
    expect(bytes.toString('latin1', 10, 120)).toContain('(300, ');
  });

  await test.step('a press on a point and a lasso select rows in the tables', async () => {
    const map = (await clusters.output('Map')).root;
    const table = (await categories.output('Instructions')).root;
    await map.scrollIntoViewIfNeeded();
    const box = await map.locator('.map-plane').boundingBox();
    if (!box) throw new Error('the map has no plot area');
    await page.mouse.move(box.x + 4, box.y + 4);
    await page.mouse.down();
    for (const [x, y] of [
      [0.98, 0.02],
      [0.98, 0.98],
      [0.5, 0.98],
      [0.5, 0.02],
    ] as const)
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
    await page.mouse.up();
    await expect(table.getByText(/texts? chosen on the map/u)).toBeVisible();
    await map.getByRole('button', { name: 'Clear selection' }).click();
    await expect(table.getByText(/chosen on the map/u)).toBeHidden();
    await map.getByRole('button', { name: /UMAP/u }).click();
    await expect(map.getByText(/texts by UMAP/u)).toBeVisible({ timeout: 2 * minute });
    await expect(map.getByText(/Trustworthiness 0\.[5-9]\d\d, 15 neighbours/u)).toBeVisible({
      timeout: minute,
    });
  });

  await clusters.root.screenshot({ path: info.outputPath('clusters-light.png') });
  await categories.root.screenshot({ path: info.outputPath('categories-light.png') });
  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await clusters.root.screenshot({ path: info.outputPath('clusters-dark.png') });
  expect.soft(await axeViolations(page), 'dark').toEqual([]);
});
