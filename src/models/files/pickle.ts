// The part of Python's pickle format that PyTorch's weight files are written in. A pickle is a program; here it can only build
// plain data: every class or function that it names is handed to the caller, who knows a few of them and refuses the others.
// Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py

/** A class or function that a pickle names. */
export interface PickleGlobal {
  readonly module: string;
  readonly name: string;
}

export interface PickleHost {
  /** The value of a call. Throws where the function is not one that weights need. */
  call(callee: PickleGlobal, args: readonly unknown[]): unknown;
  /** What an external reference stands for: a tensor's storage. */
  persistent(id: unknown): unknown;
}

/** Not a pickle, or one that needs more than plain data. */
export class PickleError extends Error {}

const mark = Symbol('mark');

/** Tuples and lists become arrays, dicts Maps, and integers beyond 2^53 bigints. Throws `PickleError` and what `host` throws. */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  host: PickleHost,
): { readonly value: unknown; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder();
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = start;

  const take = (count: number): number => {
    if (!(count >= 0) || at + count > bytes.length)
      throw new PickleError('it ends in the middle of its pickle');
    at += count;
    return at - count;
  };
  const u8 = () => view.getUint8(take(1));
  const u32 = () => view.getUint32(take(4), true);
  const long = (count: number): number | bigint => {
    const from = take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i] as number);
    const signed = BigInt.asIntN(8 * count, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  };
  const chars = (count: number) => {
    const from = take(count);
    return text.decode(bytes.subarray(from, from + count));
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new PickleError('it ends in the middle of its pickle');
    const from = take(end + 1 - at);
    return text.decode(bytes.subarray(from, end));
  };
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark)
      throw new PickleError('its pickle takes what it never put');
    return stack.pop();
  };
  const popMark = (): unknown[] => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw new PickleError('its pickle takes what it never put');
    const items = stack.splice(from);
    items.shift();
    return items;
  };
  const top = (): unknown => stack.at(-1);
  const tuple = (count: number) => stack.push(Array.from({ length: count }, pop).reverse());
  const setItems = (items: readonly unknown[]) => {
    const target = top();
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw new PickleError('its pickle fills something that is no dict');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const append = (items: readonly unknown[]) => {
    const target = top();
    if (!Array.isArray(target)) throw new PickleError('its pickle fills something that is no list');
    for (const item of items) target.push(item);
  };
  const recall = (key: number) => {
    if (!memo.has(key)) throw new PickleError('its pickle recalls what it never kept');
    stack.push(memo.get(key));
  };
  const global = (module: unknown, name: unknown): PickleGlobal => {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new PickleError('its pickle names something without a name');
    return { module, name };
  };
  const call = (callee: unknown, args: unknown) => {
    const isNamed = typeof callee === 'object' && callee !== null && 'module' in callee && 'name' in callee;
    if (!isNamed || !Array.isArray(args))
      throw new PickleError('its pickle calls something that is no function');
    return host.call(global(callee.module, callee.name), args);
  };

  const run: Readonly<Record<number, () => void>> = {
    0x80: () => void u8(), // PROTO
    0x95: () => void take(8), // FRAME
    0x28: () => void stack.push(mark), // MARK
    0x4e: () => void stack.push(null), // NONE
    0x88: () => void stack.push(true), // NEWTRUE
    0x89: () => void stack.push(false), // NEWFALSE
    0x4a: () => void stack.push(view.getInt32(take(4), true)), // BININT
    0x4b: () => void stack.push(u8()), // BININT1
    0x4d: () => void stack.push(view.getUint16(take(2), true)), // BININT2
    0x8a: () => void stack.push(long(u8())), // LONG1
    0x47: () => void stack.push(view.getFloat64(take(8))), // BINFLOAT
    0x58: () => void stack.push(chars(u32())), // BINUNICODE
    0x8c: () => void stack.push(chars(u8())), // SHORT_BINUNICODE
    0x54: () => void stack.push(chars(u32())), // BINSTRING
    0x55: () => void stack.push(chars(u8())), // SHORT_BINSTRING
    0x7d: () => void stack.push(new Map()), // EMPTY_DICT
    0x5d: () => void stack.push([]), // EMPTY_LIST
    0x29: () => void stack.push([]), // EMPTY_TUPLE
    0x74: () => void stack.push(popMark()), // TUPLE
    0x85: () => void tuple(1), // TUPLE1
    0x86: () => void tuple(2), // TUPLE2
    0x87: () => void tuple(3), // TUPLE3
    0x6c: () => void stack.push(popMark()), // LIST
    0x61: () => append([pop()]), // APPEND
    0x65: () => append(popMark()), // APPENDS
    0x73: () => setItems([pop(), pop()].reverse()), // SETITEM
    0x75: () => setItems(popMark()), // SETITEMS
    0x71: () => void memo.set(u8(), top()), // BINPUT
    0x72: () => void memo.set(u32(), top()), // LONG_BINPUT
    0x94: () => void memo.set(memo.size, top()), // MEMOIZE
    0x68: () => recall(u8()), // BINGET
    0x6a: () => recall(u32()), // LONG_BINGET
    0x63: () => void stack.push(global(line(), line())), // GLOBAL
    0x93: () => {
      const name = pop();
      stack.push(global(pop(), name));
    }, // STACK_GLOBAL
    0x52: () => {
      const args = pop();
      stack.push(call(pop(), args));
    }, // REDUCE
    0x81: () => {
      const args = pop();
      stack.push(call(pop(), args));
    }, // NEWOBJ
    // An ordered dict's attributes: versions of PyTorch's modules, which say nothing of the weights.
    0x62: () => void pop(), // BUILD
    0x51: () => void stack.push(host.persistent(pop())), // BINPERSID
    0x30: () => void pop(), // POP
  };

  for (;;) {
    const code = u8();
    if (code === 0x2e) return { value: pop(), end: at };
    const step = run[code];
    if (!step) throw new PickleError(`its pickle has the unknown opcode ${code}`);
    step();
  }
}
