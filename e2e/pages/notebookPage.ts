import type { Download, JSHandle, Locator, Page } from 'playwright-core';
import { expect } from '@playwright/test';
import { MappingPanel } from './mappingPanel.ts';

// Where everything on the page is: selectors live in this folder and nowhere else. By role and name wherever there is one, so that
// what drives the page is what a screen reader finds.

export const cellTitles = [
  'Data',
  'Labels',
  'Threshold advisor',
  'Split',
  'Text',
  'Training',
  'Evaluation',
  'Experiments',
  'Comparison',
  'Use the model',
  'Task categories',
  'Embedding',
  'Tune an embedder',
  'Clusters',
  'Use embeddings',
  'Embedding experiments',
  'Incubator',
  'Tune a generator',
  'Incubated classifiers',
  'Mining',
  'Incubator experiments',
] as const;
export type CellTitle = (typeof cellTitles)[number];

const inOneRun = new Set<CellTitle>(['Data', 'Labels', 'Split', 'Text', 'Training', 'Evaluation']);

/** Cells that stand for work a person asks for in them: they have nothing to do in a run from top to bottom. */
export const onDemandTitles: ReadonlySet<CellTitle> = new Set(
  cellTitles.filter((title) => !inOneRun.has(title)),
);

const cellIds: Readonly<Record<CellTitle, string>> = {
  Data: 'dataset',
  Labels: 'labels',
  'Threshold advisor': 'advisor',
  Split: 'split',
  Text: 'text',
  Training: 'training',
  Evaluation: 'evaluation',
  Experiments: 'experiments',
  Comparison: 'comparison',
  'Use the model': 'predict',
  'Task categories': 'instructions',
  Embedding: 'embedding',
  'Tune an embedder': 'tuning',
  Clusters: 'clusters',
  'Use embeddings': 'uses',
  'Embedding experiments': 'pieExperiments',
  Incubator: 'incubator',
  'Tune a generator': 'generatorTuning',
  'Incubated classifiers': 'classifiers',
  Mining: 'mining',
  'Incubator experiments': 'incubatorExperiments',
};

export type CellState = 'idle' | 'stale' | 'queued' | 'running' | 'done' | 'failed';

/** A headline number as shown: text, with its baseline. */
export interface ShownFigure {
  readonly label: string;
  readonly value: string;
  readonly baseline: string;
}

/** A plot or table of a cell, by its heading. */
export class OutputPanel {
  constructor(
    readonly page: Page,
    readonly root: Locator,
    readonly name: string,
  ) {}

  /** Items of its export menu; empty where it has none. */
  async actions(): Promise<string[]> {
    const button = this.menuButton();
    if ((await button.count()) === 0) return [];
    await button.click();
    const names = await this.page.getByRole('menuitem').allInnerTexts();
    await this.page.keyboard.press('Escape');
    await this.page.getByRole('menu').waitFor({ state: 'detached' });
    return names.map((name) => name.trim());
  }

  /** Chooses the first item of the export menu that matches, and waits for the file. */
  async save(action: RegExp): Promise<Download> {
    await this.menuButton().click();
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.getByRole('menuitem', { name: action }).first().click(),
    ]);
    return download;
  }

  private menuButton(): Locator {
    return this.root.getByRole('button', { name: `${this.name}: export`, exact: true });
  }
}

/** One cell of the notebook. */
export class CellPanel {
  readonly root: Locator;

  constructor(
    readonly page: Page,
    readonly title: CellTitle,
  ) {
    this.root = page.getByRole('main').locator(`[data-cell=${cellIds[title]}]`);
  }

  /** The one button that runs the cell. */
  get primary(): Locator {
    return this.root.locator('.cell-actions').getByRole('button').first();
  }

  get pill(): Locator {
    return this.root.locator('.pill').first();
  }

  /** What the state pill says, e.g. `Done in 3 s` or `412 / 1,200 steps · 3 min left`. */
  async stateText(): Promise<string> {
    const text = await this.pill.innerText({ timeout: 5000 }).catch(() => '');
    return text.replaceAll(/\s+/gu, ' ').trim();
  }

  async state(): Promise<CellState> {
    return (await this.root.getAttribute('data-state')) as CellState;
  }

  /** The alert inside the cell; null where nothing failed. */
  async failure(): Promise<string | null> {
    const alert = this.root.getByRole('alert').first();
    return (await alert.count()) === 0 ? null : (await alert.innerText()).replaceAll(/\s+/gu, ' ').trim();
  }

  /**
   * Waits until the cell is done, telling of each change of its pill. Throws what the cell says where it failed, and where
   * `timeoutMs` passed.
   */
  async done(timeoutMs: number, onState: (text: string, state: CellState) => void = () => {}): Promise<void> {
    const until = Date.now() + timeoutMs;
    for (let last = ''; ; await this.page.waitForTimeout(200)) {
      const [state, text] = [await this.state(), await this.stateText()];
      if (text !== last) onState(text, state);
      last = text;
      if (state === 'done') return;
      if (state === 'failed') throw new Error(`${this.title}: ${(await this.failure()) ?? text}`);
      if (Date.now() > until) throw new Error(`${this.title} is not done after ${timeoutMs} ms: ${text}`);
    }
  }

  /** Runs the cell, and what it needs, unless it is up to date; waits for its end. */
  async run(timeoutMs: number, onState?: (text: string, state: CellState) => void): Promise<void> {
    // A chain is fetched when it comes near: before that a cell has no button to press.
    await this.root.scrollIntoViewIfNeeded();
    await this.root.and(this.page.locator(':not([aria-busy=true])')).waitFor();
    if ((await this.state()) !== 'done' && (await this.primary.count()) > 0) await this.primary.click();
    await this.done(timeoutMs, onState);
  }

  async figures(): Promise<ShownFigure[]> {
    const figures = await this.root.locator('dl.figures > .figure').all();
    return Promise.all(
      figures.map(async (figure) => {
        const text = async (selector: string) =>
          (await figure.locator(selector).innerText()).replaceAll(/\s+/gu, ' ').trim();
        return {
          label: await text('.figure-label'),
          value: await text('.figure-value'),
          baseline: await text('.figure-baseline'),
        };
      }),
    );
  }

  /** Its plots and tables, in reading order. */
  async outputs(): Promise<OutputPanel[]> {
    const found = await this.root.locator('section.output').all();
    return Promise.all(
      found.map(async (root) => {
        const name = (await root.getByRole('heading').first().innerText()).trim();
        return new OutputPanel(this.page, root, name);
      }),
    );
  }

  /** The plot or table of this heading, once it stands: after a reload it is read from storage first. */
  async output(name: string): Promise<OutputPanel> {
    const root = this.root.getByRole('region', { name, exact: true });
    await root.waitFor({ timeout: 15_000 });
    return new OutputPanel(this.page, root, name);
  }

  /** A number field of the cell. */
  async setNumber(label: string | RegExp, value: number): Promise<void> {
    const field = this.root.getByRole('textbox', { name: label }).first();
    await field.fill(String(value));
    await field.press('Enter');
  }

  async provenance(): Promise<string> {
    const line = this.root.locator('.copy-line').last();
    return (await line.count()) === 0 ? '' : (await line.innerText()).replaceAll(/\s+/gu, ' ').trim();
  }
}

/** The notebook as a person or a screen reader meets it. */
export class NotebookPage {
  constructor(readonly page: Page) {}

  /** Opens the page and waits until every cell stands that is not folded away. */
  async open(path = '/'): Promise<void> {
    await this.openFirst(path);
    await this.page.locator('[data-cell][aria-busy=true]').first().waitFor({ state: 'detached' });
  }

  /** Opens the page and waits for the first cell only: the others come chain by chain. */
  async openFirst(path = '/'): Promise<void> {
    await this.page.goto(path);
    await this.cell('Data').root.waitFor();
  }

  cell(title: CellTitle): CellPanel {
    return new CellPanel(this.page, title);
  }

  /** The same notebook in another tab or browser. */
  on(page: Page): NotebookPage {
    return new NotebookPage(page);
  }

  /** Value of a cell's figure whose label matches; empty where there is none. */
  async figure(title: CellTitle, label: RegExp): Promise<string> {
    const figures = await this.cell(title).figures();
    return figures.find((figure) => label.test(figure.label))?.value ?? '';
  }

  /** Loads the sample corpus into the first cell, unless it holds data. */
  async trySample(): Promise<void> {
    const data = this.cell('Data');
    if ((await data.state()) !== 'idle') return;
    await data.root
      .getByRole('button', { name: /try the sample/iu })
      .first()
      .click();
  }

  /** Opens the shipped set of 160 objects about food or a movie in the Incubator cell. */
  async openSampleSet(): Promise<void> {
    await this.cell('Incubator').root.getByRole('button', { name: 'Sample sets' }).click();
    await this.page
      .getByRole('dialog')
      .getByRole('button', { name: /^Open 160 objects/u })
      .first()
      .click();
  }

  /** Drops files onto the page, as from a folder beside the browser. */
  async drop(...files: readonly DroppedFile[]): Promise<void> {
    const sent = files.map(({ name, content }) => ({
      name,
      base64: (typeof content === 'string' ? Buffer.from(content) : content).toString('base64'),
    }));
    const made = await this.page.evaluateHandle(
      (list) =>
        list.map(({ name, base64 }) => {
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          return new File([bytes], name);
        }),
      sent,
    );
    await this.dropFromPage(made);
  }

  /** Drops files that the page itself has made: too large to be sent there. */
  async dropFromPage(files: JSHandle<readonly File[]>): Promise<void> {
    await files.evaluate((list) => {
      const transfer = new DataTransfer();
      for (const file of list) transfer.items.add(file);
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(
          new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }),
        );
    });
  }

  /** Lets the page keep a copy of the data, so that a reload finds it. */
  async keepCopy(): Promise<void> {
    const data = this.cell('Data').root;
    await data.getByRole('button', { name: /keep a copy/iu }).click();
    await data.getByText(/a copy is kept/iu).waitFor();
  }

  /** Runs a command of the palette by its label. */
  async command(label: string): Promise<void> {
    await this.page.keyboard.press('Control+k');
    const palette = this.page.getByRole('dialog', { name: 'Command palette' });
    await expect(palette.getByRole('searchbox')).toBeFocused();
    await this.page.keyboard.type(label);
    await this.page.getByRole('option', { name: label }).first().waitFor();
    await this.page.keyboard.press('Enter');
  }

  get mapping(): MappingPanel {
    return new MappingPanel(this.page);
  }

  /** Says that another tab has this notebook; only there where one has. */
  get readOnlyBanner(): Locator {
    return this.page.getByRole('status').filter({ hasText: /Open in another tab/u });
  }

  /** Takes the notebook over from the tab that has it. */
  async workHere(): Promise<void> {
    await this.readOnlyBanner.getByRole('button', { name: 'Work here instead' }).click();
    await this.readOnlyBanner.waitFor({ state: 'detached' });
  }

  /** What the training cell says of the memory a run would take. */
  get memory(): Locator {
    return this.cell('Training').root.getByRole('group', { name: 'Memory' });
  }

  /** The report or picture in the making. */
  exportProgress(name: 'Report' | 'Picture'): Locator {
    return this.page.getByRole('region', { name, exact: true });
  }

  /** What was said in passing: toasts. */
  get toasts(): Locator {
    return this.page.locator('.toasts');
  }

  /** Runs the TF-IDF reference model beside the network, where the evaluation cell offers it; false where it does not. */
  async runReference(timeoutMs: number): Promise<boolean> {
    const evaluation = this.cell('Evaluation').root;
    const button = evaluation.getByRole('button', { name: /^run the reference/iu }).first();
    if ((await button.count()) === 0 || !(await button.isEnabled())) return false;
    await button.click();
    await evaluation
      .getByRole('button', { name: /^run the reference again/iu })
      .waitFor({ timeout: timeoutMs });
    return true;
  }

  /** Waits until the document stands in the browser's storage. */
  async saved(): Promise<void> {
    await this.page.getByRole('banner').getByText(/saved/iu).first().waitFor();
  }
}

export interface DroppedFile {
  readonly name: string;
  readonly content: string | Buffer;
}
