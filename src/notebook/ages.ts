import { runOf } from './format.ts';

const msOf = { min: 60_000, h: 3_600_000 } as const;

/**
 * Comparisons were once kept with runs named by their age, in findings and provenance: here by their date, reckoned from when the
 * comparison was made.
 */
export function withDates<Kept>(comparison: Kept, madeAt: string): Kept {
  const madeAtMs = Date.parse(madeAt);
  if (Number.isNaN(madeAtMs)) return comparison;
  const dated = (text: string) =>
    text.replace(/\b(?:just now|(\d+) (min|h) ago)\b/gu, (_all, count?: string, unit?: string) => {
      const ageMs = Number(count ?? 0) * (unit === 'h' ? msOf.h : msOf.min);
      return runOf(new Date(madeAtMs - ageMs).toISOString());
    });
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return dated(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(comparison) as Kept;
}
