import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';

// Objects of 77 classes that were written outside: opened as a file, grown into a classifier, asked. Small screens and slow trainers show here.

const minute = 60_000;
const file = 'bench/incubator/written/banking77.jsonl';

test('77 classes from a file become a classifier that answers @cpu', async ({ notebook, page }, info) => {
  test.setTimeout(4 * minute);
  await notebook.open();
  const [incubator, classifiers] = [notebook.cell('Incubator'), notebook.cell('Incubated classifiers')];

  await test.step('all 16 objects are kept', async () => {
    await incubator.root.getByRole('button', { name: /paste or choose/iu }).click();
    const dialog = page.getByRole('dialog');
    const choosing = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose a file' }).click();
    await (await choosing).setFiles(file);
    await expect(dialog.getByText(/^16 objects of 77 classes/u)).toBeVisible();
    await page.screenshot({ path: info.outputPath('dialog.png') });
    await dialog.getByRole('button', { name: 'Add 16 objects' }).click();
    await expect.poll(() => notebook.figure('Incubator', /objects in use/iu)).toBe('16');
    // Dozens of classes scroll inside their tables: what comes after them stays within reach.
    const balance = await incubator.output('Balance of the classes');
    expect((await balance.root.boundingBox())?.height).toBeLessThan(450);
    const classes = incubator.root.getByRole('group', { name: 'Classes of this set' });
    expect((await classes.boundingBox())?.height).toBeLessThan(160);
    expect(await axeViolations(page)).toEqual([]);
    await incubator.root.screenshot({ path: info.outputPath('incubator.png') });
  });

  await test.step('the classifier names the class of a question that it has not read', async () => {
    await expect(classifiers.primary).toHaveText(/Train on 1,232 generated texts/u);
    await classifiers.run(2 * minute);
    // Held-out objects; chance is 1 in 77.
    expect(Number(await notebook.figure('Incubated classifiers', /held-out/iu))).toBeGreaterThan(0.4);
    await classifiers.root
      .getByLabel('A text to classify')
      .fill('The cash machine has eaten my card and will not give it back');
    const first = classifiers.root.getByRole('list', { name: 'Probabilities' }).getByRole('listitem').first();
    await expect(first).toContainText('card_swallowed');
    await classifiers.root.screenshot({ path: info.outputPath('classifier.png') });
  });
});
