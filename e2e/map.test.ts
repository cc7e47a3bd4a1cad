import { readFileSync, writeFileSync } from 'node:fs';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { instructionRows } from './sample.ts';

// The map: what is chosen by lasso, search, legend and keys is chosen in the tables; other clusterings than k-means.

const minute = 60_000;
const rows = instructionRows(600);

test('the map is searched, zoomed, read and saved; clusters by density and by tree @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(6 * minute);
  await notebook.open();
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const clusters = notebook.cell('Clusters');
  await clusters.run(3 * minute);
  const map = (await clusters.output('Map')).root;
  const plane = map.locator('.map-plane');
  const table = (await notebook.cell('Task categories').output('Instructions')).root;
  await map.scrollIntoViewIfNeeded();

  await test.step('a search selects, Escape lets go', async () => {
    await map.getByRole('searchbox', { name: 'Search the map' }).fill('write poem');
    await expect(table.getByText(/texts? chosen on the map/u)).toBeVisible();
    await expect(map.getByText(/\d+ selected/u)).toBeVisible();
    await plane.focus();
    await page.keyboard.press('Escape');
    await expect(table.getByText(/chosen on the map/u)).toBeHidden();
  });

  await test.step('the legend selects a group; a lasso with Shift adds', async () => {
    const chosen = async () =>
      Number((await map.getByText(/selected/u).textContent())?.match(/([\d,]+) selected/u)?.[1]);
    await map.getByRole('list', { name: 'Largest groups' }).getByRole('button').first().click();
    await expect(table.getByText(/texts? chosen on the map/u)).toBeVisible();
    const before = await chosen();
    const box = await plane.boundingBox();
    if (!box) throw new Error('the map has no plane');
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + 4, box.y + 4);
    await page.mouse.down();
    for (const [x, y] of [
      [0.55, 0.01],
      [0.55, 0.98],
      [0.01, 0.98],
    ] as const)
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await expect.poll(chosen).toBeGreaterThan(before);
    await map.getByRole('button', { name: 'Clear selection' }).click();
  });

  await test.step('a point says its text, and a press shows what is nearest', async () => {
    const box = await plane.boundingBox();
    if (!box) throw new Error('the map has no plane');
    await plane.focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('+');
    // Somewhere in the middle there is a point: what the pointer is over is known by its tip.
    let isOver = false;
    for (let i = 0; i < 40 && !isOver; i++) {
      const [x, y] = [0.3 + 0.05 * (i % 8), 0.3 + 0.08 * Math.floor(i / 8)];
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
      isOver = await map.locator('.map-tip').isVisible();
      if (isOver) await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
    }
    expect(isOver).toBe(true);
    const nearest = clusters.root.getByRole('region', { name: 'Nearest texts' });
    await expect(nearest.getByRole('listitem')).toHaveCount(8);
    await page.keyboard.press('0');
    await plane.focus();
    await page.keyboard.press('Escape');
  });

  await test.step('the picture is saved at twice the size, with title and legend', async () => {
    const save = async (item: RegExp) => {
      await map.getByRole('button', { name: 'Map: export' }).click();
      const download = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: item }).click();
      return readFileSync(await (await download).path());
    };
    const png = await save(/png/iu);
    writeFileSync(info.outputPath('saved.png'), png);
    const box = await plane.boundingBox();
    expect(png.readUInt32BE(16)).toBe(2 * Math.round(box?.width ?? 0));
    expect(png.readUInt32BE(20)).toBeGreaterThan(2 * (box?.height ?? 0) + 120);
    const svg = (await save(/svg/iu)).toString('utf8');
    expect(svg.match(/<circle/gu)?.length).toBeGreaterThan(500);
    expect(svg).toContain('texts by PCA');
  });

  await test.step('HDBSCAN finds its own number and leaves noise out; Ward joins it on the board', async () => {
    const choose = async (name: RegExp) => {
      await clusters.root.getByRole('button', { name: / Method$/u }).click();
      await page.getByRole('option', { name }).click();
      await clusters.run(2 * minute);
    };
    await choose(/hdbscan/iu);
    await expect(clusters.root.getByText(/of rows are noise/u)).toBeVisible();
    await choose(/ward/iu);
    const board = (await clusters.output('Leaderboard')).root;
    for (const method of ['k-means', 'hdbscan', 'ward'])
      await expect(board.getByRole('cell', { name: method, exact: true }).first()).toBeVisible();
  });

  await map.scrollIntoViewIfNeeded();
  await clusters.root.screenshot({ path: info.outputPath('map-light.png') });
  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await map.getByRole('button', { name: /colour by/iu }).click();
  await page.getByRole('option', { name: 'Distance' }).click();
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await clusters.root.screenshot({ path: info.outputPath('map-dark.png') });
  expect.soft(await axeViolations(page), 'dark').toEqual([]);
});
