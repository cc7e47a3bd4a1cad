import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, test } from './base.ts';
import { sampleRows } from './sample.ts';

const png = Buffer.from('89504e470d0a1a0a', 'hex');

/** Presses Stop at the moment it stands, as no hand can; resolves to what the progress bar said by then. */
function stopAtOnce(page: Page, name: string): Promise<string> {
  return page.evaluate(
    (label) =>
      new Promise<string>((resolve) => {
        const watch = new MutationObserver(() => {
          const strip = document.querySelector(`section[aria-label="${label}"]`);
          const bar = strip?.querySelector('[role=progressbar]')?.getAttribute('aria-label');
          const stop = strip?.querySelector('button[aria-label=Stop]');
          if (!bar || bar === 'Running' || !(stop instanceof HTMLElement)) return;
          watch.disconnect();
          stop.click();
          resolve(bar);
        });
        watch.observe(document.body, { subtree: true, childList: true, attributes: true });
      }),
    name,
  );
}

test('report and tall picture show how far they are, can be stopped, and are saved when left alone', async ({
  notebook,
  page,
}) => {
  test.setTimeout(150_000);
  await notebook.open();
  await notebook.drop({ name: 'steps.jsonl', content: sampleRows(200) });
  await notebook.cell('Data').done(30_000);
  await notebook.cell('Labels').setNumber(/threshold/iu, 4);
  await notebook.cell('Split').run(30_000);
  const saved: string[] = [];
  page.on('download', (download) => saved.push(download.suggestedFilename()));

  for (const [name, command] of [
    ['Report', 'Export report (one HTML file)'],
    ['Picture', 'Save the whole notebook as a picture'],
  ] as const) {
    const stopped = stopAtOnce(page, name);
    await notebook.command(command);
    expect(await stopped).toMatch(name === 'Report' ? /\S/u : /copying|drawing/iu);
    await expect(notebook.exportProgress(name)).toHaveCount(0);
    await expect(notebook.toasts).toContainText(`${name}: stopped. Nothing was saved.`);
  }
  expect(saved).toEqual([]);

  const download = async (command: string) => {
    const [file] = await Promise.all([
      page.waitForEvent('download', { timeout: 90_000 }),
      notebook.command(command),
    ]);
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  };
  const report = await download('Export report (one HTML file)');
  expect(report.name).toMatch(/-report\.html$/u);
  const html = report.bytes.toString('utf8');
  for (const part of ['<h2>', 'data:image/svg+xml', 'All parameters as JSON']) expect(html).toContain(part);
  const picture = await download('Save the whole notebook as a picture');
  expect(picture.name).toMatch(/\.png$/u);
  expect(picture.bytes.subarray(0, 8).equals(png)).toBe(true);
  // Taller than the window: the whole notebook.
  expect(picture.bytes.readUInt32BE(20)).toBeGreaterThan(2 * 900);
  await expect(notebook.exportProgress('Picture')).toHaveCount(0);
});
