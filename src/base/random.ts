/** One round of a 32-bit finaliser (lowbias32, Ellis 2018): a bijection whose outputs pass as random. */
export function hash32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Mixes several integers into one 32-bit value: the counter-based generator behind seeds and dropout. */
export function hashAll(...values: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const value of values) h = hash32((h ^ (value >>> 0)) >>> 0);
  return h;
}

/** A seeded stream of numbers. Same seed, same stream, on every device. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Fisher-Yates, in place; returns its argument. */
  shuffle<T extends { length: number; [index: number]: number } | unknown[]>(values: T): T;
}

/** Seeds a stream; `salts` name independent streams of one seed. */
export function random(seed: number, ...salts: readonly number[]): Random {
  const key = hashAll(seed, ...salts);
  let counter = 0;
  const next = () => hashAll(key, counter++) / 0x1_0000_0000;
  const integer = (n: number) => Math.floor(next() * n);
  return {
    next,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle(values) {
      const list = values as unknown[];
      for (let i = list.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [list[i], list[j]] = [list[j], list[i]];
      }
      return values;
    },
  };
}
