// Counts tests out of the runners' JSON reports.
import { readFileSync } from 'node:fs';

/** Vitest's report: a file that could not run has no failing test of its own, so it counts as one. */
export function vitestCounts(report) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

/** Playwright's report; a test that passed on a retry counts as passed, and its list names it as flaky. */
export function playwrightCounts({ stats, errors = [] }) {
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  };
}

/**
 * Counts of the report in `file`, read by one of the above. A run that failed (exit code `code`) without a failing
 * test, or wrote no report, is one failure: nothing that went wrong may count as nothing.
 */
export function counted(file, code, read, log = console.log) {
  let counts;
  try {
    counts = read(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    log(`No report in ${file}: the run ended early (code ${code}).`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
