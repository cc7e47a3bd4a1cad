/**
 * What someone typed as a number, inside its bounds and on its step; null where it is none. Groups (`12,418`, `12 418`) and a
 * decimal comma (`0,35`) are understood.
 */
export function typedNumber(
  text: string,
  { min, max, step }: { readonly min: number; readonly max: number; readonly step: number },
): number | null {
  const bare = text.trim().replaceAll(/[\s\u00a0\u202f'_]/gu, '');
  const isDecimalComma = step < 1 && /^-?\d*,\d+$/u.test(bare);
  const plain = isDecimalComma ? bare.replace(',', '.') : bare.replaceAll(',', '');
  const value = plain === '' ? Number.NaN : Number(plain);
  if (!Number.isFinite(value)) return null;
  const decimals = Math.max(0, Math.ceil(-Math.log10(step)));
  const stepped = Number((Math.round(value / step) * step).toFixed(decimals));
  return Math.min(max, Math.max(min, stepped));
}
