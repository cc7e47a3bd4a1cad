import type { Operand } from './operand.ts';

export interface RegisterTile {
  /** C rows and groups of four columns that one thread owns. */
  readonly rows: 4 | 8 | 16 | 32;
  readonly quads: 1 | 2;
}

const sideThreads = 8;

/** Threads that share their reads of A: `sharers` neighbours of a subgroup of `size`, which have the same rows of C. */
export interface Sharing {
  readonly size: number;
  readonly sharers: 4 | 8;
}

/** How threads may share on a device whose subgroups are all of one size; null: each reads for itself. */
export function sharingOf(subgroupSize: number | null | undefined): Sharing | null {
  if (subgroupSize === 4) return { size: 4, sharers: 4 };
  return subgroupSize && subgroupSize >= 8 && subgroupSize % 8 === 0
    ? { size: subgroupSize, sharers: 8 }
    : null;
}

/** Rows and columns of C that a workgroup of 8 × 8 threads covers. */
export function covered({ rows, quads }: RegisterTile): { rows: number; columns: number } {
  return { rows: sideThreads * rows, columns: sideThreads * 4 * quads };
}

/**
 * What a thread owns of a product with so many rows and columns. The more it owns, the fewer reads each sum costs; 32 rows where that
 * leaves less than a twentieth of the work outside of C.
 */
export function registerTile(rows: number, columns: number, isShared: boolean): RegisterTile {
  if (rows <= 32 || columns <= 32) return { rows: 4, quads: 1 };
  if (!isShared || rows <= 64) return { rows: 8, quads: 2 };
  const most = 32 * sideThreads;
  return { rows: Math.ceil(rows / most) * most <= 1.05 * rows ? 32 : 16, quads: 2 };
}

const times = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join('\n    ');

/**
 * C without workgroup memory: a thread holds `rows` × `4 quads` of C and reads both operands itself, four inner columns at a time.
 * For devices on which a barrier costs more than the reads it saves: on SwiftShader this runs five times as fast as the tiled kernel
 * and compiles in a twentieth of the time. Everything is unrolled, as dynamically indexed registers would go to memory.
 *
 * `sharing`: four or eight threads of a subgroup have the same rows of C: each reads its part of A and hands it round.
 */
export function registerCode(
  a: Operand,
  b: Operand,
  tile: RegisterTile,
  inner: string,
  storeRow: (row: string, column: string, value: string) => string,
  sharing: Sharing | null = null,
): string {
  const { rows, quads } = tile;
  const component = ['x', 'y', 'z', 'w'];
  // a(r, k) and the vector b(k, q) as expressions over what the loop body has read.
  const aAt = (r: number, k: number) =>
    a.rowsAre === 'outer' ? `a${r}.${component[k]}` : `a${k}_${Math.floor(r / 4)}.${component[r % 4]}`;
  const readA = sharing
    ? sharedReads(a, rows, sharing)
    : a.rowsAre === 'outer'
      ? times(rows, (r) => `let a${r} = readA(row + ${r}u, k);`)
      : times(4, (k) =>
          Array.from(
            { length: rows / 4 },
            (_, x) => `let a${k}_${x} = readA(k + ${k}u, row + ${4 * x}u);`,
          ).join(' '),
        );
  const readB =
    b.rowsAre === 'inner'
      ? times(4, (k) =>
          Array.from(
            { length: quads },
            (_, q) => `let b${k}_${q} = readB(k + ${k}u, column + ${4 * q}u);`,
          ).join(' '),
        )
      : times(quads, (q) => {
          const reads = [0, 1, 2, 3]
            .map((c) => `let t${q}_${c} = readB(column + ${4 * q + c}u, k);`)
            .join(' ');
          const turned = [0, 1, 2, 3].map(
            (k) =>
              `let b${k}_${q} = vec4f(${[0, 1, 2, 3].map((c) => `t${q}_${c}.${component[k]}`).join(', ')});`,
          );
          return `${reads}\n    ${turned.join(' ')}`;
        });
  return `
${a.read}
${b.read}
@compute @workgroup_size(${sideThreads * sideThreads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32${sharing ? ', @builtin(subgroup_invocation_id) place: u32' : ''}) {
  let row = (group.y * ${sideThreads}u + lane / ${sideThreads}u) * ${rows}u;
  let column = (group.x * ${sideThreads}u + lane % ${sideThreads}u) * ${4 * quads}u;
  let inner = ${inner};
  ${times(rows, (r) => Array.from({ length: quads }, (_, q) => `var c${r}_${q} = vec4f(0.0);`).join(' '))}
  for (var k = 0u; k < inner; k += 4u) {
    ${readB}
    ${readA}
    ${times(rows, (r) =>
      Array.from({ length: quads }, (_, q) =>
        [0, 1, 2, 3].map((k) => `c${r}_${q} += ${aAt(r, k)} * b${k}_${q};`).join(' '),
      ).join(' '),
    )}
  }
  ${times(rows, (r) => Array.from({ length: quads }, (_, q) => storeRow(`row + ${r}u`, `column + ${4 * q}u`, `c${r}_${q}`)).join('\n  '))}
}`;
}

/** A's vectors as `registerCode` names them, each read by one thread of those that share. */
function sharedReads(a: Operand, rows: number, { size, sharers }: Sharing): string {
  const take = (index: number) => {
    const { own, lane } = takenFrom(index, sharers);
    // A constant lane can be broadcast; a run of eight inside a larger subgroup has to be looked up.
    return size === sharers
      ? `subgroupBroadcast(own${own}, ${lane}u)`
      : `subgroupShuffle(own${own}, run + ${lane}u)`;
  };
  const run = `let run = place & ~${sharers - 1}u; let part = place & ${sharers - 1}u;`;
  if (a.rowsAre === 'outer') {
    const own = times(rows / sharers, (x) => `let own${x} = readA(row + ${sharers * x}u + part, k);`);
    return `${run}\n    ${own}\n    ${times(rows, (r) => `let a${r} = ${take(r)};`)}`;
  }
  const own = times(
    rows / sharers,
    (x) => `let own${x} = readA(k + part % 4u, row + 4u * (${(sharers / 4) * x}u + part / 4u));`,
  );
  const all = times(4, (k) =>
    Array.from({ length: rows / 4 }, (_, x) => `let a${k}_${x} = ${take(4 * x + k)};`).join(' '),
  );
  return `${run}\n    ${own}\n    ${all}`;
}

/** Which of its own reads a thread hands round as vector `index`, and which thread of the run it is. */
export function takenFrom(index: number, sharers: number): { readonly own: number; readonly lane: number } {
  return { own: Math.floor(index / sharers), lane: index % sharers };
}
