import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { instructionRows, notebookLink } from './sample.ts';

// What embeddings are for, on the shipped instructions: demonstrations, a small set that stands for all, other data sets beside it;
// and the benchmark's own files, dropped as they are.

const minute = 60_000;
const lines = instructionRows(400).trim().split('\n');
interface Row {
  readonly instruction: string;
  readonly categories: readonly string[];
}
const rows = lines.map((line) => JSON.parse(line) as Row);
const textOf = (row: Row | undefined) => row?.instruction ?? '';
const labelOf = (row: Row | undefined) => row?.categories[0] ?? '';

/** IEB's form: samples under their category. */
function nested(of: readonly Row[]): string {
  const categories: Record<string, { number: number; samples: { instruction: string }[] }> = {};
  for (const row of of) {
    const entry = (categories[labelOf(row)] ??= { number: 0, samples: [] });
    entry.samples.push({ instruction: textOf(row) });
    entry.number++;
  }
  return JSON.stringify(categories, null, 2);
}

const jsonLines = (download: string) =>
  readFileSync(download, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; text: string; category: string; cosine?: number });

test('vectors choose texts, find demonstrations and compare data sets @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(5 * minute);
  page.setDefaultTimeout(20_000);
  await notebook.open(notebookLink((defaults) => ({ ...defaults, uses: { ...defaults.uses, keep: 80 } })));
  await notebook.drop({ name: 'eft_like.json', content: nested(rows) });
  await notebook.cell('Data').done(minute);
  const uses = notebook.cell('Use embeddings');

  await test.step('the benchmark’s nested file is rows with labels', async () => {
    await expect(notebook.cell('Data').root).toContainText('400');
    await uses.run(2 * minute);
    expect(await notebook.figure('Use embeddings', /kept/iu)).toBe('80');
  });

  await test.step('the chosen cover more categories than chance, and keep the ranking', async () => {
    const covered = (await uses.figures()).find(({ label }) => /covered/iu.test(label));
    const atRandom = parseFloat(covered?.baseline ?? '');
    expect(parseFloat(covered?.value ?? '')).toBeGreaterThan(atRandom);
    const ranking = Number(await notebook.figure('Use embeddings', /ranking/iu));
    expect(ranking).toBeGreaterThan(-1);
    const systems = await uses.output('Systems on all texts and on the chosen');
    // The file's labels are categories, bars and all: the extractor is judged by them.
    await expect(systems.root.getByRole('row', { name: /verb and noun found/iu })).toContainText(
      /0\.9|1\.0/u,
    );
    const spread = await uses.output('Categories, all against chosen');
    expect(await spread.actions()).toContain('Save data as CSV');
    const table = (await uses.output('Chosen texts')).root;
    const download = page.waitForEvent('download');
    await table.getByRole('button', { name: 'Save .jsonl' }).click();
    const saved = jsonLines(await (await download).path());
    expect(saved).toHaveLength(80);
    expect(saved.every(({ text }) => rows.some((row) => textOf(row) === text))).toBe(true);
  });

  await test.step('a query finds its demonstrations', async () => {
    const panel = (await uses.output('Demonstrations')).root;
    const asked = textOf(rows[7]);
    await panel.getByRole('textbox', { name: 'Query' }).fill(asked);
    await panel.getByRole('textbox', { name: 'Query' }).press('Enter');
    const found = (await uses.output('Nearest texts')).root;
    await expect(found.getByText(/^4 texts for/u)).toBeVisible();
    const download = page.waitForEvent('download');
    await found.getByRole('button', { name: 'Save .jsonl' }).click();
    const saved = jsonLines(await (await download).path());
    expect(saved).toHaveLength(4);
    expect(saved[0]?.text).toBe(asked);
    expect(saved[0]?.cosine).toBeCloseTo(1, 5);
    const cosines = saved.map(({ cosine }) => cosine ?? 0);
    expect([...cosines].sort((a, b) => b - a)).toEqual(cosines);
  });

  await test.step('other sets: half of the same tasks lies nearer than other ones', async () => {
    const panel = (await uses.output('Data sets side by side')).root;
    const chooser = page.waitForEvent('filechooser');
    await panel.getByRole('button', { name: 'Add data sets' }).click();
    const half = lines.filter((_, i) => i % 2 === 0).join('\n');
    const other = Array.from(
      { length: 60 },
      (_, i) => `"my card number ${i} has not arrived, where is it now",card_arrival`,
    );
    await (
      await chooser
    ).setFiles([
      { name: 'half.jsonl', mimeType: 'text/plain', buffer: Buffer.from(`${half}\n`) },
      { name: 'bank.csv', mimeType: 'text/csv', buffer: Buffer.from(`text,category\n${other.join('\n')}\n`) },
    ]);
    await expect(panel.getByText('2 sets beside the open data.')).toBeVisible();
    await panel.getByRole('button', { name: 'Compare their tasks' }).click();
    const map = await uses.output('Nearest tasks');
    const csv = readFileSync(await (await map.save(/CSV/u)).path(), 'utf8')
      .trim()
      .split(/\r?\n/u);
    expect(csv[0]).toBe('set,eft_like,half,bank');
    const [, open] = csv.map((line) => line.split(','));
    expect(Number(open?.[2])).toBeGreaterThan(Number(open?.[3]));
    await uses.output('Distance of task distributions');
    await expect(panel.getByRole('progressbar')).toHaveCount(0);
    await expect(panel.getByRole('button', { name: 'Compare their tasks' })).toBeEnabled();
  });

  await uses.root.screenshot({ path: info.outputPath('uses-light.png') });
  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await uses.root.screenshot({ path: info.outputPath('uses-dark.png') });
  expect.soft(await axeViolations(page), 'dark').toEqual([]);

  await test.step('pairs of the similarity test are no data, and go to the leaderboard', async () => {
    const pairs = [0, 1, 2, 3].map((i) => ({
      instruction1: textOf(rows[i]),
      intention1: labelOf(rows[i]),
      instruction2: textOf(rows[i + 1]),
      intention2: labelOf(rows[i + 1]),
      label: i % 2,
    }));
    await notebook.drop({ name: 'intention_similarity_test.json', content: JSON.stringify(pairs, null, 2) });
    await expect(notebook.cell('Clusters').root.getByText('4 similarity pairs')).toBeVisible();
    await expect(notebook.cell('Data').root).toHaveAttribute('data-state', 'done');
  });
});

// The Instruction Embedding Benchmark as its repository has it: third-party data beside this one; skips without it.
const benchmark = join(import.meta.dirname, '../../shared/data/ieb');

test('IEB’s own files, dropped: its clustering and similarity tests run in the page @cpu', async ({
  notebook,
  page,
}, info) => {
  test.skip(!existsSync(benchmark), '../shared/data/ieb is not there');
  test.setTimeout(8 * minute);
  page.setDefaultTimeout(30_000);
  const file = (name: string) => ({ name, content: readFileSync(join(benchmark, name)) });
  await notebook.open(
    notebookLink((defaults) => ({ ...defaults, clusters: { ...defaults.clusters, seeds: 2 } })),
  );
  await notebook.drop(file('eft_test.json'));
  await notebook.cell('Data').done(minute);
  expect(await notebook.figure('Data', /rows/iu)).toBe('3,291');
  expect(await notebook.figure('Data', /labels/iu)).toContain('145');
  await notebook.drop(file('intention_similarity_test.json'));
  await expect(notebook.cell('Clusters').root.getByText('2,496 similarity pairs')).toBeVisible();

  const clusters = notebook.cell('Clusters');
  await clusters.run(5 * minute);
  const agreement = await notebook.figure('Task categories', /agrees/iu);
  expect(parseFloat(agreement)).toBeGreaterThan(90);
  // scikit-learn's k-means on the same TF-IDF vectors: ARI 0.581, Spearman 0.806.
  const board = await clusters.output('Leaderboard');
  const csv = readFileSync(await (await board.save(/CSV/u)).path(), 'utf8')
    .trim()
    .split(/\r?\n/u);
  const fields = csv[0]?.split(',') ?? [];
  const row = csv.find((line) => line.startsWith('TF-IDF'))?.split(',') ?? [];
  const value = (name: string) => Number(row[fields.indexOf(name)]);
  expect(value('k')).toBe(145);
  expect(value('ARI')).toBeGreaterThan(0.5);
  expect(value('IIS')).toBeGreaterThan(0.75);
  info.annotations.push({ type: 'scores', description: `${csv[0]} / ${row.join(',')}` });

  const uses = notebook.cell('Use embeddings');
  await uses.run(5 * minute);
  expect(await notebook.figure('Use embeddings', /kept/iu)).toBe('600');
  const covered = (await uses.figures()).find(({ label }) => /covered/iu.test(label));
  expect(parseFloat(covered?.value ?? '')).toBeGreaterThan(parseFloat(covered?.baseline ?? ''));
  await uses.root.screenshot({ path: info.outputPath('uses-ieb.png') });
});
