import type { Binding, KernelCall } from '../../webgpu/kernel.ts';
import type { AttentionOptions } from './options.ts';
import { ascendingPlaces, operandsOf, pairPlaces, type TileSides } from './scores.ts';
import { pairProducts, tiledMain, tileSize, type Operand } from './tile.ts';
import { declarations, ownedEnd, piecesOf } from './wgsl.ts';

/**
 * The head of a tiled pass whose workgroups own a block of query rows or of keys: the operands of its tiles, the products `s0 ... s3` that
 * scores begin as, and WGSL for what a thread knows before it walks the other side.
 */
export function blockPass(options: AttentionOptions, owned: 'rows' | 'keys') {
  const pieces = piecesOf(options.headSize);
  const sides: TileSides = owned === 'rows' ? { rows: 'own', keys: 'other' } : { rows: 'other', keys: 'own' };
  const operands = operandsOf(options, sides);
  const places = pairPlaces(options, sides);
  const { qu, qw, k, r } = operands;
  const pair = (row: Operand, key: Operand): readonly [Operand, Operand] =>
    owned === 'rows' ? [row, key] : [key, row];
  const terms = options.relative ? [pair(qu, k), pair(qw, r)] : [pair(qu, k)];
  return {
    pieces,
    sides,
    operands,
    places,
    scores: pairProducts('s', terms, pieces),
    prologue: `
  let block = block_of(group.x);
  let ${owned === 'rows' ? 'rowBase' : 'keyBase'} = block.row;
  let start = block.start;
  let end = ${owned === 'rows' ? ownedEnd(options) : 'block.end'};
  ${owned === 'rows' ? places.rows : places.keys}`,
  };
}

interface BlockKernel {
  readonly label: string;
  readonly bindings: readonly Binding[];
  /** WGSL between the shared declarations and the entry point. */
  readonly helpers: string;
  readonly tiles: Parameters<typeof tiledMain>[0];
  readonly body: string;
}

/** A dispatch of such a pass: a workgroup a block and head. */
export function blockKernel(
  options: AttentionOptions,
  { label, bindings, helpers, tiles, body }: BlockKernel,
): KernelCall {
  return {
    label,
    bindings,
    code: `const TILE = ${tileSize}u;${declarations(options)}${ascendingPlaces}
${helpers}
${tiledMain(tiles, body)}`,
    workgroups: (dims) => [dims.K, options.heads, 1],
  };
}
