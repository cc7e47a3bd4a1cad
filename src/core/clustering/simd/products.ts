import { groupRows, innerSteps, panelColumns, productsModule } from './kernel.ts';

/** Products of rows with vectors in float32, several times as fast as float64 in JavaScript; see `kernel.ts`. */
export interface RowProducts {
  /** Readies m vectors, `[m, width]`, rounded to float32. */
  prepare(vectors: Float64Array, m: number): void;
  /** Floats from one row of products to the next. */
  readonly stride: number;
  /** Products of up to `productRows` rows, `[rows, stride]`, of which m count; valid until the next call. */
  of(rows: Uint32Array, from: number, to: number): Float32Array;
  /** What a product may be off by, as a share of both vectors' lengths' product. */
  readonly error: number;
}

/** Rows a call of `of` may ask for. */
export const productRows = 128;
const pageBytes = 65_536;
/** A worker's tab has room for these beside the points themselves. */
const limitBytes = 2 ** 30;

let compiled: WebAssembly.Module | null | undefined;

/** The kernel; null where WebAssembly has no SIMD, or is forbidden. */
function kernel(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      compiled = WebAssembly.validate(productsModule) ? new WebAssembly.Module(productsModule) : null;
    } catch {
      // A page's policy may forbid it: all that is lost is speed.
      compiled = null;
    }
  }
  return compiled;
}

type Run = (
  list: number,
  groups: number,
  steps: number,
  panels: number,
  panel: number,
  out: number,
  stride: number,
) => void;

/** Copies dense rows, `[count, width]`, into the kernel's memory; null where that cannot be. */
export function rowProducts(count: number, width: number, values: Float32Array): RowProducts | null {
  const module = kernel();
  const padded = Math.ceil(width / innerSteps) * innerSteps;
  const rowBytes = padded * 4;
  const pointsBytes = count * rowBytes;
  if (!module || pointsBytes > limitBytes) return null;
  const listBytes = productRows * 4;
  const panelsAt = pointsBytes + listBytes;
  const bytesFor = (panels: number) => panelsAt + panels * panelColumns * (rowBytes + productRows * 4);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytesFor(1) / pageBytes) });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const run = instance.exports['run'] as Run;
  let floats = new Float32Array(memory.buffer);
  let words = new Uint32Array(memory.buffer);
  if (padded === width) floats.set(values);
  else
    for (let row = 0; row < count; row++)
      floats.set(values.subarray(row * width, (row + 1) * width), row * padded);

  let panels = 1;
  const outAt = () => panelsAt + panels * panelColumns * rowBytes;
  return {
    get stride() {
      return panels * panelColumns;
    },
    error: (width + 2) * 2 ** -24,
    prepare(vectors, m) {
      panels = Math.ceil(m / panelColumns);
      const missing = bytesFor(panels) - memory.buffer.byteLength;
      if (missing > 0) {
        memory.grow(Math.ceil(missing / pageBytes));
        floats = new Float32Array(memory.buffer);
        words = new Uint32Array(memory.buffer);
      }
      floats.fill(0, panelsAt / 4, outAt() / 4);
      for (let v = 0; v < m; v++) {
        const lane = v % panelColumns;
        let at = panelsAt / 4 + (v - lane) * padded + lane;
        for (let i = v * width; i < (v + 1) * width; i++, at += panelColumns)
          floats[at] = vectors[i] as number;
      }
    },
    of(rows, from, to) {
      const groups = Math.ceil((to - from) / groupRows);
      for (let i = 0; i < groups * groupRows; i++)
        words[pointsBytes / 4 + i] = (rows[Math.min(from + i, to - 1)] as number) * rowBytes;
      const stride = panels * panelColumns;
      const out = outAt();
      run(pointsBytes, groups, padded / innerSteps, panels, panelsAt, out, stride * 4);
      return floats.subarray(out / 4, out / 4 + (to - from) * stride);
    },
  };
}
