/** JSON data. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

export interface Difference {
  /** Dotted path; arrays are compared whole. */
  readonly path: string;
  readonly before: Plain | undefined;
  readonly after: Plain | undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, Plain>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where two values differ, depth first; an empty list means that they are equal. */
export function differences(before: Plain | undefined, after: Plain | undefined, path = ''): Difference[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return Object.is(before, after) || stable(before) === stable(after) ? [] : [{ path, before, after }];
}

/** JSON with sorted keys: equal data, equal text. */
export function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isRecord(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  );
}

/** Only what differs from `base`, as a nested object; undefined where nothing does. */
export function sparse(value: Plain, base: Plain): Plain | undefined {
  if (isRecord(value) && isRecord(base)) {
    // Two variants of one union share no meaning field by field: carry the new one whole.
    if ('kind' in value && value['kind'] !== base['kind']) return value;
    const entries = Object.entries(value).flatMap(([key, inner]) => {
      const against = base[key];
      const kept = against === undefined ? inner : sparse(inner, against);
      return kept === undefined ? [] : [[key, kept] as const];
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  return stable(value) === stable(base) ? undefined : value;
}

/** Fills what `value` lacks from `base`, so that an older file opens in a newer version. */
export function completed(value: unknown, base: Plain): unknown {
  if (value === undefined) return base;
  if (!isRecord(value) || !isRecord(base)) return value;
  if ('kind' in value && value['kind'] !== base['kind']) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [key, inner] of Object.entries(base)) result[key] = completed(value[key], inner);
  return result;
}

/** `warmupSteps` -> `warmup steps`. */
export function plainWords(identifier: string): string {
  return identifier.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
