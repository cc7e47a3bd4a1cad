import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly help: string;
    readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
  }[];
}

declare global {
  interface Window {
    readonly axe: { run(context: Document, options: object): Promise<AxeResult> };
  }
}

/** What axe finds wrong on the page under WCAG 2.2 A and AA and its best practices, a line each rule and reason. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Evaluated through the debugger, which the page's Content-Security-Policy leaves alone.
  await page.evaluate(source);
  // Where a scrolled page stops is chance: what its bar half covers there is no small target, and what comes to lie under the
  // mouse shows a tip, which belongs to no landmark.
  await page.mouse.move(0, 0);
  await page.getByRole('tooltip').waitFor({ state: 'detached' });
  await page.evaluate(() => window.scrollTo(0, 0));
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }),
  );
  const found = new Map<string, string[]>();
  for (const { id, impact, help, nodes } of violations) {
    for (const { target, failureSummary } of nodes) {
      const summary = (failureSummary ?? '').replaceAll(/\s+/gu, ' ').slice(0, 240);
      const reason = `${impact ?? ''} ${id}: ${help} (${summary})`;
      found.set(reason, [...(found.get(reason) ?? []), target.join(' ')]);
    }
  }
  return [...found].map(([reason, targets]) => `${targets.length} × ${reason} at ${targets[0] ?? ''}`);
}
