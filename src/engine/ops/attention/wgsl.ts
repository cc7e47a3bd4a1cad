import { input, type Binding } from '../../webgpu/kernel.ts';
import { dropoutScale, dropoutThreshold, dropoutWgsl } from '../dropout/mask.ts';
import type { AttentionOptions } from './options.ts';
import { packing, rowsDim, type BackwardTensors, type ForwardTensors } from './tensors.ts';

/** Values of a head that kernels read at a time: a vec4 where the head size allows it. */
export interface Pieces {
  readonly element: 'vec4f' | 'f32';
  /** A head has so many pieces. */
  readonly count: number;
}

export function piecesOf(headSize: number): Pieces {
  return headSize % 4 === 0 ? { element: 'vec4f', count: headSize / 4 } : { element: 'f32', count: headSize };
}

/** What every pass reads of the model and the packing. */
export function modelBindings(t: ForwardTensors, element: Pieces['element']): Binding[] {
  return [
    input('qkv', t.qkv, element),
    ...(t.relative
      ? [
          input('r', t.relative.r, element),
          input('biases', t.relative.biases, element),
          input('segmentEmbedding', t.relative.segmentEmbedding, element),
        ]
      : []),
    packing(t),
  ];
}

/** What the passes of the backward op read. */
export function backwardBindings(t: BackwardTensors, element: 'vec4f' | 'f32'): Binding[] {
  return [
    ...modelBindings(t, element),
    input('dO', t.dO, element),
    { name: 'sums', tensors: [t.sums], access: 'update', element: 'f32' },
  ];
}

/** Index of row i's first number in `sums`: L and D, in the relative form also `(q_i + b)·e_0` and `(q_i + b)·e_1`. */
export function rowSums({ relative }: AttentionOptions): number {
  return relative ? 4 : 2;
}

/** Where the scalars of one kind begin in `sums`, as WGSL: row sums of g by segment pair, then column sums. */
export function sumsAt(options: AttentionOptions): { same: string; different: string; columns: string } {
  const rows = `step.${rowsDim(options)} * H`;
  return { same: `4u * ${rows}`, different: `5u * ${rows}`, columns: `6u * ${rows}` };
}

// Blocks of memory hold keys and no queries: as blocks of rows they end where the own rows begin and see no key.

/** WGSL: whether `block` holds rows of memory. */
export const isMemory = 'block.row < block.first';

/** WGSL: the row after the last that `block` may own. */
export function ownedEnd({ relative }: AttentionOptions): string {
  return relative?.memory ? `select(block.end, block.first, ${isMemory})` : 'block.end';
}

/** WGSL: the key after the last that row `i` of `block` may see. */
export function keysEnd({ causal, relative }: AttentionOptions): string {
  const end = causal ? 'i + 1u' : 'end';
  return relative?.memory ? `select(${end}, block.start, ${isMemory})` : end;
}

/** WGSL: the first query row that may see keys from `key` on. */
export function firstQuery({ causal, relative }: AttentionOptions, key: string): string {
  if (!relative?.memory) return causal ? key : 'start';
  return causal ? `max(block.first, ${key})` : 'block.first';
}

/** Declarations that all passes of both families share. */
export function declarations(options: AttentionOptions): string {
  const { heads, headSize, rate, salt, causal, relative } = options;
  const memory = relative?.memory ?? false;
  const endOfKeys = causal ? 'min(block.end, block.row + TILE)' : 'block.end';
  const sameLength = memory ? '((j <= i) & (j + block.first - block.start >= i))' : '(i == j)';
  const { count } = piecesOf(headSize);
  return `
const H = ${heads}u;
/** Pieces of a head, of a row of one part of qkv. */
const D = ${count}u;
const W = ${heads * count}u;
const scale = ${(1 / Math.sqrt(headSize)).toPrecision(9)};
${dropoutWgsl}
fn rowKey(i: u32, h: u32) -> u32 {
  ${rate > 0 ? `return hash32(hash32(step.seed ^ hash32(${salt}u)) ^ (i * H + h));` : 'return 0u;'}
}
fn keep(key: u32, column: u32) -> f32 {
  ${
    rate > 0
      ? `return select(0.0, ${dropoutScale(rate).toPrecision(9)}, dropoutBits(key, column) >= ${dropoutThreshold(rate)}u);`
      : 'return 1.0;'
  }
}
/** First piece of head h of q (part 0), k (1) or v (2) of a token; of a row of width W. */
fn at3(token: u32, part: u32, h: u32) -> u32 { return (token * 3u + part) * W + h * D; }
fn at1(row: u32, h: u32) -> u32 { return row * W + h * D; }
/** Query rows from \`row\` on, of the sequence that lies in rows [start, end)${memory ? ', the own ones from first on' : ''}. */
struct Block { row: u32, start: u32, end: u32, reversed: bool${memory ? ', first: u32' : ''} }
fn block_of(index: u32) -> Block {
  let at = ${relative ? 'packing_1 + ' : ''}index * ${memory ? 5 : 4}u;
  return Block(packing[at], packing[at + 1u], packing[at + 2u], ${relative?.reversible ? 'packing[at + 3u] != 0u' : 'false'}${memory ? ', packing[at + 4u]' : ''});
}
/** The key after the last that rows of a block may see. */
fn endOfKeys(block: Block) -> u32 { return ${memory ? `select(${endOfKeys}, block.start, ${isMemory})` : endOfKeys}; }
fn allowed(i: u32, j: u32, block: Block) -> bool { return ${relative?.sameLength ? sameLength : causal ? '(j <= i)' : 'true'}; }
${
  relative
    ? `
fn segment_at(token: u32) -> u32 { return packing[packing_0 + token]; }
/** Row of r for i - j; distances out of the table are never used by a valid pair. */
fn r_row(distance: i32, reversed: bool) -> u32 {
  return u32(clamp(i32(step.R / 2u) - ${relative.reversible ? 'select(distance, -distance, reversed)' : 'distance'}, 0, i32(step.R) - 1));
}`
    : ''
}`;
}
