/** `0.9674` -> `96.7 %`. */
export function formatPercent(value: number, decimals = 1): string {
  return Number.isFinite(value) ? `${(value * 100).toFixed(decimals)} %` : '–';
}

/** `1536` -> `1.54 KB`, powers of 1000 as storage vendors and browsers count. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  for (const [size, unit] of [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'KB'],
  ] as const) {
    if (bytes >= size * 0.9995) return `${significant(bytes / size, 3)} ${unit}`;
  }
  return `${Math.round(bytes)} B`;
}

/** As many digits as count, without zeros behind the point: `1.50` -> `1.5`. */
export function significant(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
