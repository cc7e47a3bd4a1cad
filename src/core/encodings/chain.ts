import { random } from '../../base/random.ts';

// Names the random stream of chain orders; fixed for ever, since runs are resumed by it.
const orderSalt = 0x636861696e;

/** The orders of `count` chains: one by frequency or as given, several at random from the seed. */
export function chainOrders(
  labels: number,
  { order, chains }: { readonly order: 'frequency' | 'given'; readonly chains: number },
  counts: ArrayLike<number>,
  seed: number,
): number[][] {
  const given = Array.from({ length: labels }, (_, label) => label);
  if (chains > 1)
    return Array.from({ length: chains }, (_, chain) => [
      ...random(seed, orderSalt, chain).shuffle(Uint32Array.from(given)),
    ]);
  // Stable: labels of one count stay as they stand.
  if (order === 'frequency') given.sort((a, b) => (counts[b] as number) - (counts[a] as number));
  return [given];
}

/** 1 where a chain's label may see another, `[chains · labels, labels]`: strictly lower triangular in the chain's order. */
export function chainMask(orders: readonly (readonly number[])[], labels: number): Float32Array {
  const mask = new Float32Array(orders.length * labels * labels);
  for (const [chain, order] of orders.entries())
    for (const [place, label] of order.entries())
      for (let before = 0; before < place; before++)
        mask[(chain * labels + label) * labels + (order[before] as number)] = 1;
  return mask;
}

/** Targets of every chain's outputs, `[rows, chains · labels]`: the labels, once a chain. */
export function chainTargets(targets: Float32Array, labels: number, chains: number): Float32Array {
  if (chains === 1) return targets;
  const tiled = new Float32Array(targets.length * chains);
  for (let row = 0; row * labels < targets.length; row++)
    for (let chain = 0; chain < chains; chain++)
      tiled.set(targets.subarray(row * labels, (row + 1) * labels), (row * chains + chain) * labels);
  return tiled;
}

/**
 * Logits `[rows, labels]` of chains: one label after another, each from its own output and what those before it passed on.
 * `outputs` `[rows, chains · labels]` are what the text says; `weights` `[chains · labels, labels]` what labels say of each other, zero
 * where a chain does not look. Of several chains the mean probability, as a logit.
 */
export function decodeChains(
  outputs: Float32Array,
  weights: Float32Array,
  labels: number,
  orders: readonly (readonly number[])[],
  passes: 'decision' | 'probability',
): Float32Array {
  const chains = orders.length;
  const rows = outputs.length / (chains * labels);
  const logits = new Float32Array(rows * labels);
  const passed = new Float64Array(labels);
  const sums = new Float64Array(labels);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (const [chain, order] of orders.entries())
      for (const [place, label] of order.entries()) {
        const own = chain * labels + label;
        let z = outputs[row * chains * labels + own] as number;
        for (let before = 0; before < place; before++) {
          const other = order[before] as number;
          z += (weights[own * labels + other] as number) * (passed[other] as number);
        }
        const p = 1 / (1 + Math.exp(-z));
        passed[label] = passes === 'probability' ? p : z >= 0 ? 1 : 0;
        sums[label] = (sums[label] as number) + p;
        if (chains === 1) logits[row * labels + label] = z;
      }
    if (chains > 1)
      for (let label = 0; label < labels; label++) {
        const p = Math.min(1 - 1e-7, Math.max(1e-7, (sums[label] as number) / chains));
        logits[row * labels + label] = Math.log(p / (1 - p));
      }
  }
  return logits;
}
