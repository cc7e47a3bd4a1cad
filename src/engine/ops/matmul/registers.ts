import type { Operand } from './operand.ts';

export interface RegisterTile {
  /** C rows and groups of four columns that one thread owns. */
  readonly rows: 4 | 8 | 16;
  readonly quads: 1 | 2;
}

/** Threads of one subgroup that may share their reads of A: neighbours, so of the same rows. */
export const sharingSubgroup = 4;

const sideThreads = 8;

/** Rows and columns of C that a workgroup of 8 × 8 threads covers. */
export function covered({ rows, quads }: RegisterTile): { rows: number; columns: number } {
  return { rows: sideThreads * rows, columns: sideThreads * 4 * quads };
}

const times = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join('\n    ');

/**
 * C without workgroup memory: a thread holds `rows` × `4 quads` of C and reads both operands itself, four inner columns at a time.
 * For devices on which a barrier costs more than the reads it saves: on SwiftShader this runs five times as fast as the tiled kernel
 * and compiles in a twentieth of the time. Everything is unrolled, as dynamically indexed registers would go to memory.
 *
 * `shares`: subgroups are of four threads, which have the same rows of C: each reads a quarter of A's part and hands it round.
 */
export function registerCode(
  a: Operand,
  b: Operand,
  tile: RegisterTile,
  inner: string,
  storeRow: (row: string, column: string, value: string) => string,
  shares = false,
): string {
  const { rows, quads } = tile;
  const component = ['x', 'y', 'z', 'w'];
  // a(r, k) and the vector b(k, q) as expressions over what the loop body has read.
  const aAt = (r: number, k: number) =>
    a.rowsAre === 'outer' ? `a${r}.${component[k]}` : `a${k}_${Math.floor(r / 4)}.${component[r % 4]}`;
  const readA = shares
    ? sharedReads(a, rows)
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
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32${shares ? ', @builtin(subgroup_invocation_id) place: u32' : ''}) {
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

/** A's vectors as `registerCode` names them, each read by one thread of the subgroup. */
function sharedReads(a: Operand, rows: number): string {
  const fours = rows / 4;
  if (a.rowsAre === 'outer') {
    const own = times(fours, (x) => `let own${x} = readA(row + ${4 * x}u + place, k);`);
    const all = times(rows, (r) => `let a${r} = subgroupBroadcast(own${Math.floor(r / 4)}, ${r % 4}u);`);
    return `${own}\n    ${all}`;
  }
  const own = times(fours, (x) => `let own${x} = readA(k + place, row + ${4 * x}u);`);
  const all = times(4, (k) =>
    Array.from({ length: fours }, (_, x) => `let a${k}_${x} = subgroupBroadcast(own${x}, ${k}u);`).join(' '),
  );
  return `${own}\n    ${all}`;
}
