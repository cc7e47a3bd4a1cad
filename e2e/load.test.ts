import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { cellTitles } from './pages/notebookPage.ts';

test.describe('the page', () => {
  test('opens isolated, with every cell, asking nothing of any other host', async ({ notebook, page }) => {
    await notebook.open();
    for (const title of cellTitles) await expect(notebook.cell(title).root).toBeVisible();
    const facts = await page.evaluate(() => ({
      isolated: crossOriginIsolated,
      sharedMemory: typeof SharedArrayBuffer,
    }));
    expect(facts).toEqual({ isolated: true, sharedMemory: 'function' });
  });

  test('runs no string as code and no foreign script', async ({ notebook, page, watch }) => {
    await notebook.open();
    const refused = await page.evaluate(() => {
      const element = document.createElement('script');
      element.textContent = 'globalThis.ran = true';
      document.body.append(element);
      return !('ran' in globalThis);
    });
    expect(refused).toBe(true);
    // The refusal itself is an error on the console, and the only one.
    expect(watch.errors.splice(0)).toEqual([expect.stringContaining('Content Security Policy')]);
  });

  for (const scheme of ['light', 'dark'] as const) {
    test(`has nothing for axe to complain about, ${scheme}`, async ({ notebook, page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await notebook.open();
      expect(await axeViolations(page)).toEqual([]);
    });
  }

  for (const width of [768, 1280, 1920]) {
    test(`fits ${width} pixels without sideways scrolling`, async ({ notebook, page }, info) => {
      await page.setViewportSize({ width, height: 1000 });
      await notebook.open();
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await page.screenshot({ path: info.outputPath(`empty-${width}.png`), fullPage: true });
    });
  }

  test('does everything from the keyboard: palette, help, undo', async ({ notebook, page }) => {
    await notebook.open();
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog');
    await expect(palette).toBeVisible();
    await page.keyboard.type('help and');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: /help|shortcuts/iu })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
});
