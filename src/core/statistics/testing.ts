import { random } from '../../base/random.ts';

/** Random targets, and models that copy each cell's truth except where they err: `errors[m]` is model m's rate. For tests. */
export function noisyModels(options: {
  readonly rows: number;
  readonly labels: number;
  readonly density: number;
  readonly errors: readonly number[];
  readonly seed: number;
}): { readonly targets: Uint8Array; readonly decisions: readonly Uint8Array[] } {
  const { rows, labels, density, errors, seed } = options;
  const draw = random(seed);
  const targets = Uint8Array.from({ length: rows * labels }, () => Number(draw.next() < density));
  const decisions = errors.map((rate) =>
    targets.map((target) => {
      // Missing a label is as likely as inventing one, counted over rows.
      const chance = target === 1 ? rate : (rate * density) / (1 - density);
      return draw.next() < chance ? 1 - target : target;
    }),
  );
  return { targets, decisions };
}
