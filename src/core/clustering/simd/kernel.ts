import { moduleOf, op } from './wasm.ts';

/** Columns of a panel: two vectors of four floats. */
export const panelColumns = 8;
/** Rows that pass a panel together; their eight sums, two columns' vectors and a factor fill x86's sixteen vector registers. */
export const groupRows = 4;
/** Inner steps that are written out; rows are padded to whole ones. */
export const innerSteps = 4;

const float = 4;
const panelStep = panelColumns * float;

// Parameters of `run`, then its locals.
const [list, groups, steps, panels, panel, out, stride] = [0, 1, 2, 3, 4, 5, 6];
const [at, left, inner, column, to] = [7, 8, 9, 10, 11];
const row = (r: number) => 12 + r;
const sum = (r: number, half: number) => 16 + 2 * r + half;
const [low, high, factor] = [24, 25, 26];
/**
 * out[i, j] = sum over t of x_i[t] · y_j[t], in float32 and in the order of t: the same bits on every machine (WebAssembly's floats
 * are IEEE 754's, without fused products).
 *
 * `run(list, groups, steps, panels, panel, out, stride)`: addresses in bytes. `list`: the addresses of 4 · groups rows x; `steps`: width / 4;
 * `panel`: y as `[panels][width][8]`; `out`: rows of `stride` bytes, 8 · panels floats each. A panel (12 KiB at width 384) stays in the
 * first cache while the rows pass.
 */
export const productsModule: Uint8Array<ArrayBuffer> = moduleOf({
  parameters: 7,
  integers: 9,
  vectors: 11,
  body: [
    op.repeat(
      copy(list, at),
      copy(groups, left),
      copy(out, to),
      op.repeat(
        ofEach((r) => [op.get(at), op.load(r * 4), op.set(row(r))]),
        ofEach((r) => [op.zeros, op.set(sum(r, 0)), op.zeros, op.set(sum(r, 1))]),
        copy(panel, column),
        copy(steps, inner),
        op.repeat(
          ...Array.from({ length: innerSteps }, (_, t) => innerStep(t)),
          ofEach((r) => [advance(row(r), innerSteps * float)]),
          advance(column, innerSteps * panelStep),
          countDown(inner),
        ),
        ofEach((r) => [
          join(op.get(to), op.get(sum(r, 0)), op.storeVector(0)),
          join(op.get(to), op.get(sum(r, 1)), op.storeVector(16)),
          join(op.get(to), op.get(stride), op.add, op.set(to)),
        ]),
        advance(at, groupRows * 4),
        countDown(left),
      ),
      // The inner loop has walked to the end of the panel, where the next begins.
      copy(column, panel),
      advance(out, panelStep),
      countDown(panels),
    ),
  ],
});

function innerStep(t: number): number[] {
  return join(
    join(op.get(column), op.loadVector(t * panelStep), op.set(low)),
    join(op.get(column), op.loadVector(t * panelStep + 16), op.set(high)),
    ofEach((r) => [
      join(op.get(row(r)), op.loadSplat(t * float), op.set(factor)),
      multiplyAdd(sum(r, 0), low),
      multiplyAdd(sum(r, 1), high),
    ]),
  );
}

/** target += factor · by */
function multiplyAdd(target: number, by: number): number[] {
  return join(op.get(target), op.get(factor), op.get(by), op.multiplyFloats, op.addFloats, op.set(target));
}

function ofEach(make: (r: number) => readonly (readonly number[])[]): number[] {
  return Array.from({ length: groupRows }, (_, r) => make(r)).flat(2);
}

function join(...parts: readonly (readonly number[])[]): number[] {
  return parts.flat();
}

function copy(from: number, into: number): number[] {
  return join(op.get(from), op.set(into));
}

function advance(local: number, by: number): number[] {
  return join(op.get(local), op.constant(by), op.add, op.set(local));
}

function countDown(local: number): number[] {
  return join(op.get(local), op.constant(-1), op.add, op.tee(local));
}
