import type { Pieces } from './wgsl.ts';

// Code generators for the tiled passes. A workgroup of 64 threads, 8 × 8, computes tiles of 32 × 32 pairs, a thread 4 × 4 of them:
// the pass *owns* one side of the tile (rows, columns or distances; slot `ty + 8 a`) and walks along the *other* (slot
// `tx + 8 b`). Slots 8 apart, not neighbours, belong to one thread: then 8 lanes that read together read 8 neighbouring rows of
// workgroup memory, whose odd stride puts them in different banks. What depends on a difference or a sum of the two slots (the
// relative shift) is a third operand of 63 rows, of which the 16 pairs of a thread touch only 7.

/** Slots on either side of a tile. */
export const tileSize = 32;
const tileThreads = 64;
/** Vectors of workgroup memory a pass may use: WebGPU grants every device 16 KiB. */
const workgroupVectors = 1024;
/** Kept for the row maxima of the forward pass. */
const reserved = 64;
const parts = [0, 1, 2, 3];

/** How an operand's row follows from the two slots of a pair. */
export type TileIndex = 'own' | 'other' | 'own - other' | 'other - own' | 'own + other';

export interface Operand {
  readonly name: string;
  readonly index: TileIndex;
  /** WGSL of the vec4 at (slot, quad): `slot` is the operand's row, `quad` the piece of the head. Must be finite everywhere. */
  readonly value: string;
}

/** Code, and the vectors of `tile` that it uses. */
interface Piece {
  readonly code: string;
  readonly vectors: number;
}

const rowsOf = ({ index }: Operand) => (index === 'own' || index === 'other' ? tileSize : 2 * tileSize - 1);

/** Offset that tells apart an operand's rows within one thread, for its pair (a, b). */
function offset(index: TileIndex, a: number, b: number): number {
  if (index === 'own') return a;
  if (index === 'other') return b;
  return index === 'own + other' ? a + b : index === 'own - other' ? a - b : b - a;
}

/** Row of the operand for a thread at (own, other) and an offset. */
function slot(index: TileIndex, own: string, other: string, offsetOf: number): string {
  if (index === 'own') return `${own} + ${8 * offsetOf}u`;
  if (index === 'other') return `${other} + ${8 * offsetOf}u`;
  if (index === 'own + other') return `${own} + ${other} + ${8 * offsetOf}u`;
  const [plus, minus] = index === 'own - other' ? [own, other] : [other, own];
  return `${plus} + ${tileSize - 1 + 8 * offsetOf}u - ${minus}`;
}

const offsetsOf = (index: TileIndex): number[] =>
  index === 'own' || index === 'other'
    ? parts
    : index === 'own + other'
      ? [0, 1, 2, 3, 4, 5, 6]
      : [-3, -2, -1, 0, 1, 2, 3];

const registerOf = (name: string, offsetOf: number) => `${name}_${offsetOf + 3}`;

/** Brings `quads` pieces of each row of an operand into `tile` from `base` on, beginning with piece `quad0`. */
function load(
  operand: Operand,
  base: number,
  stride: number,
  quads: number,
  quad0: string,
  pieces: Pieces,
): string {
  const guarded = pieces.count % quads !== 0;
  return `for (var x = lane; x < ${rowsOf(operand) * quads}u; x += ${tileThreads}u) {
      let slot = x / ${quads}u;
      let quad = ${quad0} + x % ${quads}u;
      ${guarded ? 'if (quad < D) { ' : ''}tile[${base}u + slot * ${stride}u + x % ${quads}u] = ${operand.value};${guarded ? ' }' : ''}
    }`;
}

/**
 * Registers `name0 ... name3`, vec4s over b: the sum over `terms` of left · right for the thread's 16 pairs (a, b), chunk by chunk of
 * the head. Begins with a barrier, and ends without one.
 */
export function pairProducts(
  name: string,
  terms: readonly (readonly [left: Operand, right: Operand])[],
  pieces: Pieces,
): Piece {
  const operands = [...new Set(terms.flat())];
  const vectorsAt = (quads: number) =>
    operands.reduce((sum, operand) => sum + rowsOf(operand) * (quads | 1), 0);
  const quads = [8, 4, 2, 1].find((count) => vectorsAt(count) <= workgroupVectors - reserved) ?? 1;
  const stride = quads | 1;
  let base = 0;
  const bases = new Map(
    operands.map((operand) => {
      const at = base;
      base += rowsOf(operand) * stride;
      return [operand, at];
    }),
  );
  const reads = operands.flatMap((operand) =>
    offsetsOf(operand.index).map(
      (x) =>
        `let ${registerOf(operand.name, x)} = tile[${bases.get(operand)}u + (${slot(operand.index, 'ty', 'tx', x)}) * ${stride}u + c];`,
    ),
  );
  const overB = ({ name: of, index }: Operand, a: number, component: string) =>
    index === 'own'
      ? `vec4f(${registerOf(of, a)}.${component})`
      : `vec4f(${parts.map((b) => `${registerOf(of, offset(index, a, b))}.${component}`).join(', ')})`;
  const sums = parts.flatMap((a) =>
    terms.flatMap(([left, right]) =>
      ['x', 'y', 'z', 'w'].map(
        (component) =>
          `${name}${a} = fma(${overB(left, a, component)}, ${overB(right, a, component)}, ${name}${a});`,
      ),
    ),
  );
  return {
    vectors: base,
    code: `
  ${parts.map((a) => `var ${name}${a} = vec4f(0.0);`).join(' ')}
  for (var c0 = 0u; c0 < D; c0 += ${quads}u) {
    workgroupBarrier();
    ${operands.map((operand) => load(operand, bases.get(operand) ?? 0, stride, quads, 'c0', pieces)).join('\n    ')}
    workgroupBarrier();
    for (var c = 0u; c < ${pieces.count % quads === 0 ? `${quads}u` : `min(${quads}u, D - c0)`}; c++) {
      ${[...reads, ...sums].join('\n      ')}
    }
  }`,
  };
}

/** Groups of 8 pieces: lane tx of a row owns pieces tx, tx + 8, ... of the head. */
export function groupsOf({ count }: Pieces): number {
  return Math.ceil(count / 8);
}

/** Names of the accumulators of `weightedSums`: own slot `ty + 8 a`, piece `tx + 8 g`. */
export function accumulator(name: string, a: number, g: number): string {
  return `${name}${a}_${g}`;
}

/** WGSL for every accumulator, a line each. */
export function eachAccumulator(pieces: Pieces, make: (a: number, g: number) => string): string {
  return parts.flatMap((a) => Array.from({ length: groupsOf(pieces) }, (_, g) => make(a, g))).join('\n  ');
}

/**
 * Adds the tile's `sum over other of weight(own, other) · operand` to the accumulators `name`. `weights` names the thread's own vec4s
 * (`weights0 ... weights3`, over b), which pass through workgroup memory with the operands, some groups of 8 pieces of the head
 * at a time. Begins with a barrier unless `isFree` (nobody reads `tile` any more), and ends without one. `after` runs where the
 * weights of the whole tile are readable: `tile[(own) * 8 + x][b]` is that of other slot `x + 8 b`.
 */
export function weightedSums(
  name: string,
  weights: string,
  operands: readonly Operand[],
  pieces: Pieces,
  { isFree = false, after = '' } = {},
): Piece {
  const weightVectors = 8 * tileSize;
  const perGroup = operands.reduce((sum, operand) => sum + 8 * rowsOf(operand), 0);
  const most = Math.max(1, Math.floor((workgroupVectors - reserved - weightVectors) / perGroup));
  const rounds: number[][] = [];
  for (let g = 0; g < groupsOf(pieces); g += most)
    rounds.push(Array.from({ length: Math.min(most, groupsOf(pieces) - g) }, (_, x) => g + x));
  const vectors = weightVectors + perGroup * Math.min(most, groupsOf(pieces));
  const code = rounds.map((groups, round) => {
    const stride = 8 * groups.length;
    let base = weightVectors;
    const loads: string[] = [];
    const sums: string[] = [];
    for (const operand of operands) {
      loads.push(load(operand, base, stride, stride, `${8 * (groups[0] ?? 0)}u`, pieces));
      for (const g of groups) {
        for (const x of offsetsOf(operand.index)) {
          const register = `${operand.name}${g}_${x + 3}`;
          const row = slot(operand.index, 'ty', 'x', x);
          sums.push(
            `let ${register} = tile[${base + 8 * (g - (groups[0] ?? 0))}u + (${row}) * ${stride}u + tx];`,
          );
          for (const a of parts)
            for (const b of parts)
              if (offset(operand.index, a, b) === x) {
                const sum = accumulator(name, a, g);
                sums.push(`${sum} = fma(vec4f(w${a}[${b}]), ${register}, ${sum});`);
              }
        }
      }
      base += rowsOf(operand) * stride;
    }
    return `
    ${round === 0 && isFree ? '' : 'workgroupBarrier();'}
    ${round === 0 ? parts.map((a) => `tile[(ty + ${8 * a}u) * 8u + tx] = ${weights}${a};`).join(' ') : ''}
    ${loads.join('\n    ')}
    workgroupBarrier();
    ${round === 0 ? after : ''}
    for (var x = 0u; x < 8u; x++) {
      ${parts.map((a) => `let w${a} = tile[(ty + ${8 * a}u) * 8u + x];`).join(' ')}
      ${sums.join('\n      ')}
    }`;
  });
  return { code: code.join('\n'), vectors };
}

/** `tile` as large as the largest of the pieces needs, and the entry point's head. */
export function tiledMain(pieces: readonly Piece[], body: string): string {
  return `
var<workgroup> tile: array<vec4f, ${Math.max(...pieces.map(({ vectors }) => vectors))}>;
@compute @workgroup_size(${tileThreads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let h = group.y;
  let ty = lane / 8u;
  let tx = lane % 8u;
${body}
}`;
}

/** WGSL: the sum of a vec4. */
export const total = 'fn total(x: vec4f) -> f32 { return x.x + x.y + x.z + x.w; }';

/** WGSL for each of the thread's four own slots. */
export function eachOwn(make: (a: number) => string): string {
  return parts.map(make).join('\n  ');
}

/** A vec4 over the thread's four other slots. */
export function overOther(make: (b: number) => string, type: 'vec4f' | 'vec4<bool>' = 'vec4f'): string {
  return `${type}(${parts.map(make).join(', ')})`;
}

/** Registers that hold one value for each distinct slot of an index; `at(a, b)` names that of a pair. */
export interface SlotRegisters {
  readonly code: string;
  readonly at: (a: number, b: number) => string;
}

export function slotRegisters(
  name: string,
  index: TileIndex,
  value: (slot: string, register: (of: SlotRegisters) => string) => string,
): SlotRegisters {
  const sample = (x: number): readonly [number, number] =>
    index === 'own' ? [x, 0] : index === 'other' ? [0, x] : pairWith(index, x);
  return {
    code: offsetsOf(index)
      .map((x) => {
        const [a, b] = sample(x);
        return `let ${registerOf(name, x)} = ${value(slot(index, 'ty', 'tx', x), (of) => of.at(a, b))};`;
      })
      .join('\n  '),
    at: (a, b) => registerOf(name, offset(index, a, b)),
  };
}

/** Any pair (a, b) of an offset. */
function pairWith(index: TileIndex, x: number): readonly [number, number] {
  for (const a of parts) for (const b of parts) if (offset(index, a, b) === x) return [a, b];
  throw new RangeError(`no pair of ${index} has offset ${x}`);
}
