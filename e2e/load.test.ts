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

  test('opens the sample where the address asks for it, runs nothing else, and finds it again', async ({
    notebook,
    page,
  }) => {
    await notebook.open('/?sample=1');
    await notebook.cell('Data').done(30_000);
    const rows = await notebook.figure('Data', /^rows$/iu);
    expect(Number(rows.replaceAll(/\D/gu, ''))).toBeGreaterThan(1000);
    for (const title of ['Split', 'Text', 'Training', 'Evaluation'] as const) {
      expect(await notebook.cell(title).state(), title).toBe('idle');
    }
    await notebook.saved();
    await page.reload();
    await expect(notebook.cell('Labels').root.getByRole('textbox', { name: /threshold/iu })).toBeEnabled();
    await expect.poll(() => notebook.figure('Data', /^rows$/iu)).toBe(rows);
    // Data of the user's own stays what is open, whatever the address says.
    await notebook.drop({
      name: 'mine.jsonl',
      content: '{"text":"Mix the flour","labels":["Baking"]}\n'.repeat(30),
    });
    await expect.poll(() => notebook.figure('Data', /^rows$/iu)).toBe('30');
    await notebook.saved();
    await page.reload();
    await expect(
      notebook
        .cell('Data')
        .root.getByText(/mine\.jsonl/u)
        .first(),
    ).toBeVisible();
    expect(await notebook.figure('Data', /^rows$/iu)).toBe('30');
  });

  test('a dialog opened from a menu gives the focus back to its button, where shortcuts work as anywhere', async ({
    notebook,
    page,
  }) => {
    await notebook.open();
    const menu = page.getByRole('button', { name: 'Notebook menu' });
    for (const name of ['Notebooks in this browser…', 'Storage in this browser…']) {
      await menu.click();
      await page.getByRole('menuitem', { name }).click();
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await expect(menu).toBeFocused();
    }
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible();
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
