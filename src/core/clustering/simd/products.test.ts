import { describe, expect, it } from 'vitest';
import { random } from '../../../base/random.ts';
import { rowProducts } from './products.ts';

const r = random(5);
const normals = (length: number) => Float32Array.from({ length }, () => r.normal());

describe('products in WebAssembly', () => {
  it.each([
    [1, 1, 1],
    [7, 3, 9],
    [130, 384, 145],
    [33, 50, 8],
  ])('%i rows of width %i with %i vectors, within the error they name', (count, width, m) => {
    const values = normals(count * width);
    const vectors = Float64Array.from(normals(m * width));
    const products = rowProducts(count, width, values);
    if (!products) throw new Error('no WebAssembly SIMD here');
    products.prepare(vectors, m);
    const rows = Uint32Array.from({ length: Math.min(count, 100) }, (_, i) => count - 1 - i);
    const found = products.of(rows, 0, rows.length);
    let worst = 0;
    rows.forEach((row, at) => {
      for (let v = 0; v < m; v++) {
        let [sum, x, y] = [0, 0, 0];
        for (let i = 0; i < width; i++) {
          const [a, b] = [values[row * width + i] as number, vectors[v * width + i] as number];
          sum += a * b;
          x += a * a;
          y += b * b;
        }
        const off = Math.abs((found[at * products.stride + v] as number) - sum);
        worst = Math.max(worst, off / (products.error * Math.sqrt(x * y)));
      }
    });
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('takes other and more vectors later', () => {
    const products = rowProducts(2, 4, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    products?.prepare(Float64Array.of(1, 0, 0, 0), 1);
    expect(products?.of(Uint32Array.of(1), 0, 1)[0]).toBe(5);
    products?.prepare(new Float64Array(4 * 900).fill(1), 900);
    const all = products?.of(Uint32Array.of(1, 0), 0, 2);
    expect([all?.[899], all?.[(products?.stride ?? 0) + 899]]).toEqual([26, 10]);
  });
});
