import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { counted, playwrightCounts, vitestCounts } from './reports.mjs';

const folder = mkdtempSync(join(tmpdir(), 'verbena-reports-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(content: string): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, content);
  return file;
}

const green = {
  numPassedTests: 7,
  numFailedTests: 0,
  numPendingTests: 2,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
};

describe('what npm test counts', () => {
  it('counts a test file that does not load as one failure', () => {
    const broken = { status: 'failed', assertionResults: [] };
    const failing = { status: 'failed', assertionResults: [{ status: 'failed' }] };
    const counts = vitestCounts({ ...green, numFailedTests: 1, testResults: [broken, failing] });
    expect(counts).toEqual({ passed: 7, failed: 2, skipped: 2 });
  });

  it('counts a browser run that failed outside every test', () => {
    const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 4 };
    expect(playwrightCounts({ stats, errors: [{}] })).toEqual({ passed: 4, failed: 2, skipped: 4 });
  });

  it('turns a missing or torn report into a failure', () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    expect(counted(join(folder, 'none.json'), 0, vitestCounts, log).failed).toBe(1);
    expect(counted(report('{"numPassedTests": 3'), 0, vitestCounts, log).failed).toBe(1);
    expect(lines).toHaveLength(2);
  });

  it('lets no failed run look green', () => {
    const file = report(JSON.stringify(green));
    expect(counted(file, 0, vitestCounts)).toEqual({ passed: 7, failed: 0, skipped: 2 });
    expect(counted(file, 1, vitestCounts)).toEqual({ passed: 7, failed: 1, skipped: 2 });
  });
});
