import { hash32 } from '../../../base/random.ts';

// Dropout masks are counted, not stored: the factor of element `index` is a function of (seed, salt, index), so the backward
// pass, a resumed run and the other lowering all draw the same. 16 random bits decide an element; one hash serves two.

/** Key of one dropout site in one micro-batch. */
export function dropoutKey(seed: number, salt: number): number {
  return hash32((seed ^ hash32(salt)) >>> 0);
}

/** Elements are dropped where their 16 bits fall below this. */
export function dropoutThreshold(rate: number): number {
  return Math.round(rate * 65536);
}

/** What kept elements are multiplied by: the reciprocal of the share that is really kept. */
export function dropoutScale(rate: number): number {
  return 65536 / (65536 - dropoutThreshold(rate));
}

/** The 16 bits of an element under a key. */
export function dropoutBits(key: number, index: number): number {
  const bits = hash32((key ^ (index >>> 1)) >>> 0);
  return index & 1 ? bits >>> 16 : bits & 0xffff;
}

/** 0 or the scale, for `count` elements in order: a flat tensor's mask. */
export function dropoutMask(key: number, count: number, rate: number): Float32Array {
  const mask = new Float32Array(count);
  const threshold = dropoutThreshold(rate);
  const scale = dropoutScale(rate);
  for (let i = 0; i < count; i += 2) {
    const bits = hash32((key ^ (i >>> 1)) >>> 0);
    if ((bits & 0xffff) >= threshold) mask[i] = scale;
    if (bits >>> 16 >= threshold && i + 1 < count) mask[i + 1] = scale;
  }
  return mask;
}

/** Attention draws a row at a time: key of query row `i` (packed token) and head `h` of `heads`; columns count within the sequence. */
export function attentionRowKey(key: number, i: number, h: number, heads: number): number {
  return hash32((key ^ (i * heads + h)) >>> 0);
}

/** The same functions in WGSL. */
export const dropoutWgsl = `
fn hash32(value: u32) -> u32 {
  var x = value;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}
fn dropoutBits(key: u32, index: u32) -> u32 {
  let bits = hash32(key ^ (index >> 1u));
  return select(bits & 0xffffu, bits >> 16u, (index & 1u) == 1u);
}`;
