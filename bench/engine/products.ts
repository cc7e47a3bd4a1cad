import { random } from '../../src/base/random.ts';

/** A chain of `links` products `x ← x · w`, x `[rows, width]`, w `[width, width]`: what a matrix product costs, launch overhead shared. */
export interface ProductConfig {
  readonly rows: number;
  readonly width: number;
  readonly links: number;
}

/** Operands that keep the size of x through the chain. */
export function productData({ rows, width }: ProductConfig): { x: Float32Array; w: Float32Array } {
  const stream = random(7);
  const uniform = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => scale * (2 * stream.next() - 1));
  // Uniform on [-s, s] has variance s² / 3: s = sqrt(3 / width) makes a product as large as its operand.
  return { x: uniform(rows * width, 1), w: uniform(width * width, Math.sqrt(3 / width)) };
}
