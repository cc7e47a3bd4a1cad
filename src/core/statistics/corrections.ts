/**
 * Holm's step-down adjustment (1979): an adjusted p of at most α keeps the chance of even one false finding among all the
 * comparisons at α, whatever their dependence. R's `p.adjust(method = "holm")`.
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = Array.from(pValues, () => 0);
  let most = 0;
  ascending(pValues).forEach((i, rank) => {
    most = Math.max(most, (pValues.length - rank) * (pValues[i] as number));
    adjusted[i] = Math.min(1, most);
  });
  return adjusted;
}

/**
 * Benjamini and Hochberg's step-up adjustment (1995): an adjusted p of at most α keeps the expected share of false findings among
 * the findings at α, for independent or positively dependent comparisons. R's `p.adjust(method = "BH")`.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = Array.from(pValues, () => 0);
  const order = ascending(pValues);
  let least = 1;
  for (let rank = order.length; rank >= 1; rank--) {
    const i = order[rank - 1] as number;
    least = Math.min(least, (pValues.length / rank) * (pValues[i] as number));
    adjusted[i] = least;
  }
  return adjusted;
}

/** How p-values of several comparisons are adjusted. */
export type Correction = 'holm' | 'benjamini-hochberg' | 'none';

export function adjust(pValues: readonly number[], correction: Correction): number[] {
  if (correction === 'none') return [...pValues];
  return correction === 'holm' ? holm(pValues) : benjaminiHochberg(pValues);
}

function ascending(values: readonly number[]): number[] {
  return Array.from(values, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
}
