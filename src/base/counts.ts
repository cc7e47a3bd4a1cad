const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `12418` -> `12,418`. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? grouped.format(Math.round(value)) : '–';
}

/** `1 label`, `2 labels`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
