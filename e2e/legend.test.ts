import type { Locator } from 'playwright-core';
import { expect, test } from './base.ts';
import { sampleRows } from './sample.ts';

// A legend that wraps on a narrow window and does not on a wide one stays out of the plot through every resize.

/** CSS pixels from the legend's last row to the plot, and from the picture's edge to its first; rows of the legend. */
const placeOf = (plot: Locator) =>
  plot.evaluate((element) => {
    const frame = element.querySelector('.plot')?.getBoundingClientRect();
    const inside = element.querySelector('.nsewdrag')?.getBoundingClientRect();
    const entries = [...element.querySelectorAll('.legend .traces')].map((entry) =>
      entry.getBoundingClientRect(),
    );
    return {
      rows: new Set(entries.map(({ top }) => Math.round(top))).size,
      above: (inside?.top ?? 0) - Math.max(...entries.map(({ bottom }) => bottom)),
      below: Math.min(...entries.map(({ top }) => top)) - (frame?.top ?? 0),
    };
  });

test('a legend keeps out of its plot while the window changes @cpu', async ({ notebook, page }) => {
  test.setTimeout(120_000);
  await notebook.open();
  await notebook.drop({ name: 'steps.jsonl', content: sampleRows(200) });
  await notebook.cell('Data').done(30_000);
  await notebook.cell('Labels').setNumber(/threshold/iu, 4);
  await notebook.cell('Split').run(30_000);
  const { root } = await notebook.cell('Split').output('How evenly each label fell');
  await expect(root.locator('.legend .traces')).toHaveCount(3);
  for (const [width, isWrapped] of [
    [340, true],
    [1280, false],
    [340, true],
    [1920, false],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    const fits = async () => {
      const { rows, above, below } = await placeOf(root);
      return { isWrapped: rows > 1, isClear: above > -2 && below > -2 };
    };
    await expect.poll(fits, `at ${width}`).toEqual({ isWrapped, isClear: true });
  }
});
