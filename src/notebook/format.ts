// How numbers read in Verbena: sensible digits, units, human times. One table for cells, plots and reports.

import { formatCount } from '../base/counts.ts';
import { significant } from '../base/quantities.ts';

export { formatCount, plural } from '../base/counts.ts';
export { formatBytes, formatPercent } from '../base/quantities.ts';

/** Short for tight places: `1.2 M`, `84 k`, `950`. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (magnitude >= size * 0.9995) return `${significant(value / size, 3)} ${unit}`;
  }
  return significant(value, 3);
}

/** A score in [0, 1] with three decimals, or any number with as many significant digits as are worth reading. */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e5) return formatCount(value);
  if (magnitude !== 0 && magnitude < 10 ** -digits) return value.toExponential(Math.max(0, digits - 2));
  if (magnitude <= 1) return value.toFixed(digits);
  return significant(value, Math.max(digits, Math.ceil(Math.log10(magnitude + 1))));
}

/** A difference of two shares: `0.0105` -> `1.05 pts`. */
export function formatPoints(value: number, decimals = 2): string {
  return Number.isFinite(value) ? `${(value * 100).toFixed(decimals)} pts` : '–';
}

/** `192000` ms -> `3 m 12 s`; below ten seconds with a decimal, below one in milliseconds. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 1) return '< 1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} m` : `${minutes} m ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} m`;
  return `${Math.round(hours / 24)} days`;
}

/** Rougher than a duration, because it is a guess: `~14 min`. */
export function formatEta(ms: number): string {
  if (!Number.isFinite(ms)) return '';
  if (ms < 5_000) return 'a few seconds';
  if (ms < 90_000) return `~${Math.ceil(ms / 5_000) * 5} s`;
  if (ms < 5_400_000) return `~${Math.round(ms / 60_000)} min`;
  return `~${significant(ms / 3_600_000, 2)} h`;
}

/** `now`, `4 min ago`, else the local date and time. */
export function formatMoment(iso: string, now: number = Date.now()): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return iso;
  const seconds = (now - then) / 1000;
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 20 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return formatDateTime(iso);
}

/** The local day and minute as a part of a name: `Nov 21 23:08`. */
export function formatMinute(iso: string): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return iso;
  const parts = {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  return new Date(then).toLocaleString('en', parts).replace(', ', ' ');
}

/** A run by its date, not its age: the name stands in findings, plots and files, where “5 min ago” is wrong soon. */
export const runOf = (iso: string): string => `run of ${formatMinute(iso)}`;

/** The local date and time, for what is read long after: provenance, pictures. */
export function formatDateTime(iso: string): string {
  const then = Date.parse(iso);
  return Number.isNaN(then)
    ? iso
    : new Date(then).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
}
