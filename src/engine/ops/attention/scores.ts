import type { AttentionOptions } from './options.ts';
import {
  eachOwn,
  overOther,
  slotRegisters,
  type Operand,
  type SlotRegisters,
  type TileIndex,
} from './tile.ts';
import { rowSums } from './wgsl.ts';

/** On which side of a tile query rows and keys lie. */
export interface TileSides {
  readonly rows: 'own' | 'other';
  readonly keys: TileIndex;
}

/**
 * The vectors that tiles are made of. `rowBase` and `keyBase` are the first query row and key of the tile. Rows and keys beyond the
 * sequence repeat its last one: finite, and their pairs weigh 0. `r` is for tiles of rows and keys.
 */
export function operandsOf({ relative }: AttentionOptions, { rows, keys }: TileSides) {
  const query = (name: string, bias: number): Operand => ({
    name,
    index: rows,
    value: `qkv[at3(row_at(rowBase, slot, block), 0u, h) + quad]${relative ? ` + biases[at1(${bias}u, h) + quad]` : ''}`,
  });
  return {
    qu: query('qu', 0),
    qw: query('qw', 1),
    k: { name: 'k', index: keys, value: 'qkv[at3(key_at(keyBase, slot, block), 1u, h) + quad]' },
    v: { name: 'v', index: keys, value: 'qkv[at3(key_at(keyBase, slot, block), 2u, h) + quad]' },
    dO: { name: 'd', index: rows, value: 'dO[at1(row_at(rowBase, slot, block), h) + quad]' },
    r: {
      name: 'r',
      index: rows === 'own' ? 'own - other' : 'other - own',
      value: 'r[at1(r_row(i32(rowBase + slot) - i32(keyBase) - 31, block.reversed), h) + quad]',
    },
  } satisfies Record<string, Operand>;
}

/** WGSL of the places that `operandsOf` and `pairPlaces` name, where rows and keys ascend with their slots. */
export const ascendingPlaces = `
fn row_at(rowBase: u32, slot: u32, block: Block) -> u32 { return min(rowBase + slot, block.end - 1u); }
fn key_at(keyBase: u32, slot: u32, block: Block) -> u32 { return min(keyBase + slot, block.end - 1u); }`;

/** What a thread knows of its rows and its keys. */
export interface PairPlaces {
  /** Code that fills the registers by row, and by key. */
  readonly rows: string;
  readonly keys: string;
  readonly i: SlotRegisters;
  readonly j: SlotRegisters;
  readonly rowSegment: SlotRegisters;
  readonly keySegment: SlotRegisters;
  readonly rowKey: SlotRegisters;
}

/** `row` and `key`: WGSL of the row and key (u32) at a slot, which may lie outside the sequence. */
export function pairPlaces(
  { rate, relative }: AttentionOptions,
  sides: TileSides,
  row = (slot: string) => `rowBase + ${slot}`,
  key = (slot: string) => `keyBase + ${slot}`,
): PairPlaces {
  const i = slotRegisters('i', sides.rows, row);
  const j = slotRegisters('j', sides.keys, key);
  const rowKey = slotRegisters('key', sides.rows, (_, at) => `rowKey(${at(i)}, h)`);
  // A token beyond the sequence takes the segment of its last one: the index stays inside.
  const rowSegment = slotRegisters('si', sides.rows, (_, at) => `segment_at(min(${at(i)}, block.end - 1u))`);
  const keySegment = slotRegisters('sj', sides.keys, (_, at) => `segment_at(min(${at(j)}, block.end - 1u))`);
  const used = (...registers: (SlotRegisters | false | undefined)[]) =>
    registers.flatMap((of) => (of ? [of.code] : [])).join('\n  ');
  return {
    rows: used(i, rate > 0 && rowKey, relative?.segments && rowSegment),
    keys: used(j, relative?.segments && keySegment),
    i,
    j,
    rowSegment,
    keySegment,
    rowKey,
  };
}

/**
 * From the products `s0 ... s3` to scores, and whether the pairs exist: `valid0 ... valid3`. `segment` names the vec2f of
 * `(q_i + b)·e_0` and `(q_i + b)·e_1`; `and` is what else a pair must satisfy.
 */
export function tileScores(
  { relative }: AttentionOptions,
  { i, j, rowSegment, keySegment }: PairPlaces,
  segment: (a: number, b: number) => string,
  and = (_a: number, _b: number) => '',
): string {
  return eachOwn((a) => {
    // `&`, not `&&`: no branches.
    const exists = (b: number) =>
      `(${i.at(a, b)} < end) & (${j.at(a, b)} < end) & allowed(${i.at(a, b)}, ${j.at(a, b)}, block)${and(a, b)}`;
    const term = (b: number) =>
      `select(${segment(a, b)}.x, ${segment(a, b)}.y, ${rowSegment.at(a, b)} != ${keySegment.at(a, b)})`;
    return `let valid${a} = ${overOther(exists, 'vec4<bool>')};
    s${a} = scale * ${relative?.segments ? `(s${a} + ${overOther(term)})` : `s${a}`};`;
  });
}

/** Registers by row of what `rowProducts` summed: L, D and the segment terms. */
export function savedSums(options: AttentionOptions, { i }: PairPlaces, rows: TileSides['rows']) {
  const stride = rowSums(options);
  const place = slotRegisters('sum', rows, (_, at) => `(min(${at(i)}, end - 1u) * H + h) * ${stride}u`);
  const scalar = (name: string, index: number) =>
    slotRegisters(name, rows, (_, at) => `sums[${at(place)} + ${index}u]`);
  const [L, D] = [scalar('L', 0), scalar('rowD', 1)];
  const segment = slotRegisters(
    'segment',
    rows,
    (_, at) => `vec2f(sums[${at(place)} + 2u], sums[${at(place)} + 3u])`,
  );
  return {
    code: [place, L, D, ...(options.relative?.segments ? [segment] : [])]
      .map(({ code }) => code)
      .join('\n  '),
    L,
    D,
    segment,
  };
}

/**
 * From scores and the products `t0 ... t3` of dO and v to `p0 ...`, the dropped probabilities, and `g0 ...`, the gradients of the
 * scores before scaling; both 0 for pairs that do not exist.
 */
export function tileGradients(
  { rate }: AttentionOptions,
  { j, rowKey }: PairPlaces,
  saved: ReturnType<typeof savedSums>,
): string {
  return eachOwn((a) => {
    const L = overOther((b) => saved.L.at(a, b));
    const D = overOther((b) => saved.D.at(a, b));
    const c = overOther((b) => `keep(${rowKey.at(a, b)}, ${j.at(a, b)} - start)`);
    return `var p${a} = select(vec4f(0.0), exp(s${a} - ${L}), valid${a});
    ${rate > 0 ? `let c${a} = ${c};` : ''}
    let g${a} = scale * p${a} * (${rate > 0 ? `c${a} * t${a}` : `t${a}`} - ${D});
    ${rate > 0 ? `p${a} *= c${a};` : ''}`;
  });
}
