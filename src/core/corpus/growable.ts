/** The typed arrays an index is made of. */
type TypedArray = Uint8Array | Uint32Array | Float64Array;

/** Elements a new array has room for before it grows. */
const initialCapacity = 1024;

/** A typed array that grows by half, so that an index of unknown length stays in bounded, unboxed memory. */
class Growable<A extends TypedArray> {
  #data: A;
  #length = 0;
  readonly #make: (capacity: number) => A;

  constructor(make: (capacity: number) => A) {
    this.#make = make;
    this.#data = make(initialCapacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The elements so far: a view that is stale after the next push. */
  get view(): A {
    return this.#data.subarray(0, this.#length) as A;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) this.#reserve(this.#length + 1);
    this.#data[this.#length++] = value;
  }

  append(values: A): void {
    this.#reserve(this.#length + values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
  }

  at(index: number): number {
    if (index >= this.#length) throw new RangeError(`${index} is beyond ${this.#length}.`);
    return this.#data[index] as number;
  }

  /** Drops everything from `length` on. */
  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  #reserve(needed: number): void {
    if (needed <= this.#data.length) return;
    const grown = this.#make(Math.max(needed, Math.ceil(this.#data.length * 1.5)));
    grown.set(this.#data.subarray(0, this.#length));
    this.#data = grown;
  }
}

export const growableUint32 = () => new Growable((capacity) => new Uint32Array(capacity));
export const growableFloat64 = () => new Growable((capacity) => new Float64Array(capacity));
