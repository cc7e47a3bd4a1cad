/**
 * What someone typed as a number, inside its bounds and on its step; null where it is none. Groups (`12,418`, `12 418`) and a
 * decimal comma (`0,35`) are understood. `isShare`: a share of one, which people write in hundredths: `35`, `35 %`.
 */
export function typedNumber(
  text: string,
  {
    min,
    max,
    step,
    isShare = false,
  }: { readonly min: number; readonly max: number; readonly step: number; readonly isShare?: boolean },
): number | null {
  const spaceless = text.trim().replaceAll(/[\s\u00a0\u202f'_]/gu, '');
  const bare = isShare ? spaceless.replace(/%$/u, '') : spaceless;
  const isDecimalComma = step < 1 && /^-?\d*,\d+$/u.test(bare);
  const plain = isDecimalComma ? bare.replace(',', '.') : bare.replaceAll(',', '');
  const value = plain === '' ? Number.NaN : Number(plain) / (isShare ? 100 : 1);
  if (!Number.isFinite(value)) return null;
  const decimals = Math.max(0, Math.ceil(-Math.log10(step)));
  const stepped = Number((Math.round(value / step) * step).toFixed(decimals));
  return Math.min(max, Math.max(min, stepped));
}
