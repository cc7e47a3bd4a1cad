import type { Locator, Page } from 'playwright-core';

/** The panel that asks where text and labels stand. */
export class MappingPanel {
  readonly root: Locator;

  constructor(readonly page: Page) {
    this.root = page.getByRole('region', { name: 'Columns', exact: true });
  }

  /** Names of the columns on offer, in the order of the file. */
  async columns(): Promise<string[]> {
    const names = await this.group('Labels')
      .getByRole('checkbox')
      .evaluateAll((boxes) => boxes.map((box) => box.closest('label')?.textContent?.trim() ?? ''));
    return names;
  }

  /** Ticks exactly these columns of a group. */
  async choose(group: 'Text' | 'Labels', wanted: readonly string[]): Promise<void> {
    for (const name of await this.columns()) {
      const box = this.group(group).getByRole('checkbox', { name, exact: true });
      if ((await box.isChecked()) !== wanted.includes(name)) {
        // The box itself is visually hidden; its label is what a person presses.
        await this.group(group)
          .locator('label', { hasText: name })
          .and(box.locator('xpath=ancestor::label'))
          .click();
      }
    }
  }

  async chosen(group: 'Text' | 'Labels'): Promise<string[]> {
    const names = await this.columns();
    const states = await Promise.all(
      names.map((name) => this.group(group).getByRole('checkbox', { name, exact: true }).isChecked()),
    );
    return names.filter((_, at) => states[at]);
  }

  /** Chooses an item of one of the panel's lists. */
  async select(label: RegExp, option: RegExp): Promise<void> {
    await this.root.getByRole('button', { name: label }).click();
    await this.page.getByRole('option', { name: option }).click();
  }

  get header(): Locator {
    return this.root.getByRole('switch', { name: /first line names/iu });
  }

  async toggleHeader(): Promise<void> {
    await this.root.getByText(/first line names/iu).click();
  }

  /** The rows shown, each as its text and its labels. */
  async preview(): Promise<{ readonly text: string; readonly labels: readonly string[] }[]> {
    const rows = await this.root.getByRole('region', { name: 'Preview' }).locator('tbody tr').all();
    return Promise.all(
      rows.map(async (row) => ({
        text: (await row.locator('td').first().innerText()).trim(),
        labels: await row.locator('.chip').allInnerTexts(),
      })),
    );
  }

  /** `Index 1 file, 2 kB`. */
  get index(): Locator {
    return this.root.getByRole('button', { name: /^index /iu });
  }

  private group(name: 'Text' | 'Labels'): Locator {
    return this.root.getByRole('group', { name: name === 'Text' ? /^text \(/iu : /^labels$/iu });
  }
}
