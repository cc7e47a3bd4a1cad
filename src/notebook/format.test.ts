import { expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEta,
  formatMinute,
  formatMoment,
  formatNumber,
  formatPercent,
  formatShort,
  plural,
} from './format.ts';

it.each([
  [formatCount(12418), '12,418'],
  [formatCount(Number.NaN), '–'],
  [formatShort(1_234_567), '1.23 M'],
  [formatShort(999.7), '1 k'],
  [formatShort(84), '84'],
  [formatNumber(0.96741), '0.967'],
  [formatNumber(1), '1.000'],
  [formatNumber(1e-5), '1.0e-5'],
  [formatNumber(0), '0.000'],
  [formatNumber(1234.567), '1235'],
  [formatPercent(0.9674), '96.7 %'],
  [formatBytes(1536), '1.54 KB'],
  [formatBytes(999_999), '1 MB'],
  [formatDuration(0.2), '< 1 ms'],
  [formatDuration(3210), '3.2 s'],
  [formatDuration(9960), '10 s'],
  [formatDuration(192_000), '3 m 12 s'],
  [formatDuration(59_700), '1 m'],
  [formatDuration(2 * 3_600_000), '2 h'],
  [formatEta(13 * 60_000), '~13 min'],
  [formatEta(31_000), '~35 s'],
  [formatMoment('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:04:10Z')), '4 min ago'],
  [formatMinute(new Date(2026, 10, 21, 23, 8, 40).toISOString()), 'Nov 21 23:08'],
  [plural(1, 'label'), '1 label'],
  [plural(1200, 'entry', 'entries'), '1,200 entries'],
])('%s reads as %s', (written, wanted) => {
  expect(written).toBe(wanted);
});
