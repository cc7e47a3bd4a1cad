import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';

// Who came for one story folds the others away; what is folded is remembered by the browser, and comes back when it is asked for.

test('a chain of cells is folded away, stays so after a reload, and comes back when gone to @cpu', async ({
  notebook,
  page,
}) => {
  await notebook.open();
  const outline = page.getByRole('navigation', { name: 'Cells' });
  const heading = outline.getByRole('button', { name: 'Task embeddings' });
  await expect(notebook.cell('Clusters').root).toBeVisible();
  await expect(heading).toHaveAttribute('aria-expanded', 'true');
  await heading.click();
  await expect(heading).toHaveAttribute('aria-expanded', 'false');
  await expect(notebook.cell('Clusters').root).toHaveCount(0);
  await expect(outline.getByRole('button', { name: /^Clusters/u })).toHaveCount(0);
  await expect(notebook.cell('Training').root).toBeVisible();

  await page.reload();
  await notebook.cell('Data').root.waitFor();
  await expect(notebook.cell('Clusters').root).toHaveCount(0);
  expect(await axeViolations(page)).toEqual([]);

  // Data belongs to every story: folding classification leaves it.
  await outline.getByRole('button', { name: 'Classification' }).click();
  await expect(notebook.cell('Training').root).toHaveCount(0);
  await expect(notebook.cell('Data').root).toBeVisible();

  await notebook.command('Go to Clusters');
  await expect(notebook.cell('Clusters').root).toBeInViewport();
  await expect(heading).toHaveAttribute('aria-expanded', 'true');
  await page.getByRole('region', { name: 'Classification, folded' }).getByRole('button').click();
  await expect(notebook.cell('Training').root).toBeVisible();
});
