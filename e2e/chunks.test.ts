import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { BrowserContext } from 'playwright-core';
import { expect, test } from './base.ts';
import { cellTitles } from './pages/notebookPage.ts';

// Cells come chain by chain, after the first one stands. Here a chain comes late, or not at all.

const chain = '**/assets/incubatorChain-*';

/** Keeps the incubator's chain back until the returned function is called. */
async function holdBack(context: BrowserContext): Promise<() => void> {
  let letThrough = () => {};
  const held = new Promise<void>((resolve) => (letThrough = resolve));
  await context.route(chain, async (route) => {
    await held;
    await route.continue();
  });
  return letThrough;
}

test('the page opens on a small part of itself @cpu', async ({ request }) => {
  const html = await (await request.get('/')).text();
  const scripts = [...new Set(html.match(/\/assets\/[^"]+\.js/gu))];
  expect(scripts.length).toBeGreaterThan(0);
  const sizes = await Promise.all(
    scripts.map(async (path) => gzipSync(await (await request.get(path)).body()).length),
  );
  // React alone is 65 kB of it; with every cell it was 496 kB.
  expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(165_000);
});

test('a report asked for at once waits for cells on their way @cpu', async ({ notebook, page, context }) => {
  const letThrough = await holdBack(context);
  await notebook.openFirst();
  const mining = notebook.cell('Mining').root;
  await expect(mining.getByRole('heading', { name: 'Mining' })).toBeAttached();
  await expect(mining).toHaveAttribute('aria-busy', 'true');
  await page.keyboard.press('Control+Shift+S');
  await expect(notebook.exportProgress('Report')).toContainText('Loading cells');
  const download = page.waitForEvent('download');
  letThrough();
  const html = readFileSync(await (await download).path(), 'utf8');
  expect(html.match(/<section id="cell-/gu)).toHaveLength(cellTitles.length);
  // Every cell came with its purpose.
  expect(html.match(/<\/h2>\s*<p class="quiet">[^<]{40,}<\/p>/gu)).toHaveLength(cellTitles.length);
});

test('a link to a cell opens the page there, however slow the machine @cpu', async ({ notebook, page }) => {
  test.setTimeout(120_000);
  const tools = await page.context().newCDPSession(page);
  await tools.send('Emulation.setCPUThrottlingRate', { rate: 3 });
  await page.goto('/#mining');
  const mining = notebook.cell('Mining').root;
  await expect(mining.locator('.cell-purpose')).toBeInViewport({ timeout: 45_000 });
  await expect(mining.getByRole('heading', { name: 'Mining' })).toBeFocused();
  // Still there once every cell above it stands, whatever they came to.
  await expect(page.locator('[data-cell][aria-busy=true]')).toHaveCount(0, { timeout: 45_000 });
  await expect(mining.locator('.cell-purpose')).toBeInViewport();
});

test('who goes to a cell on its way ends up in it @cpu', async ({ notebook, page, context }) => {
  const letThrough = await holdBack(context);
  await notebook.openFirst();
  await page
    .getByRole('navigation', { name: 'Cells' })
    .getByRole('button', { name: /^mining/iu })
    .click();
  const mining = notebook.cell('Mining').root;
  await expect(mining.getByRole('heading', { name: 'Mining' })).toBeFocused();
  letThrough();
  await expect(mining.locator('.cell-purpose')).toBeInViewport();
  await expect(mining.getByRole('heading', { name: 'Mining' })).toBeFocused();
});

test.describe('where a part of the page does not come', () => {
  test.use({ errorsExpected: true });

  test('that is said in its place, and trying again brings it with its styles @cpu', async ({
    notebook,
    page,
    context,
  }) => {
    await context.route(chain, (route) => route.abort('internetdisconnected'));
    await notebook.openFirst();
    const incubator = notebook.cell('Incubator').root;
    await expect(incubator.getByRole('alert')).toContainText('could not be loaded');
    await expect(incubator.getByRole('alert')).toContainText('the notebook is saved');
    // Once is enough: the others only offer the way.
    await expect(notebook.cell('Mining').root.getByRole('alert')).toHaveCount(0);
    await expect(notebook.cell('Labels').root.locator('.cell-purpose')).toBeAttached();
    const failedAgain = page.waitForEvent('requestfailed');
    await incubator.getByRole('button', { name: 'Try again' }).click();
    await failedAgain;
    await expect(incubator.getByRole('alert')).toContainText('could not be loaded');
    await context.unroute(chain);
    // As a screen reader presses it: on the way there with the mouse, the cell would be fetched for coming near.
    await notebook.cell('Mining').root.getByRole('button', { name: 'Try again' }).dispatchEvent('click');
    await expect(incubator.locator('.cell-purpose')).toBeVisible();
    await expect(notebook.cell('Mining').root.locator('.cell-purpose')).toBeAttached();
    const lost = await page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')].filter(
          ({ sheet }) => sheet === null,
        ).length,
    );
    expect(lost).toBe(0);
    expect(
      await page.evaluate(() =>
        [...document.styleSheets].some(({ href }) => href?.includes('incubatorChain') ?? false),
      ),
    ).toBe(true);
  });
});
