/** What a dispatch in pieces reads of each of them: where its workgroups begin, and how many there are in all. */
export const rangeWords = 8;
/** Dynamic offsets are multiples of this on every device. */
export const rangeStride = 256;
/** Ranges that one submission may use; at least `mostPieces`. */
export const mostRanges = 256;
/** A kernel that would need more stays as slow in pieces as a frame is long. */
const mostPieces = 64;

export type Workgroups = readonly [x: number, y: number, z: number];

export interface Piece {
  readonly begin: Workgroups;
  readonly count: Workgroups;
}

/**
 * A kernel's WGSL, changed so that its workgroups count from the range at `binding` on. Workgroups share nothing but what they write,
 * each its own part, so a kernel gives the same bits whole and in pieces. Null where it has only one workgroup.
 */
export function codeInPieces(code: string, binding: number): string | null {
  const entry = /@workgroup_size\((\d+)\)\s*fn main\(([^{]*)\)\s*\{/.exec(code);
  if (!entry) return null;
  const [head = '', threads = '', parameters = ''] = entry;
  const nameOf = (builtin: string) =>
    new RegExp(`@builtin\\(${builtin}\\) (\\w+): vec3u`).exec(parameters)?.[1];
  const group = nameOf('workgroup_id');
  const thread = nameOf('global_invocation_id');
  const groups = nameOf('num_workgroups');
  if (!group && !thread) return null;
  const changed = parameters
    .split(', @')
    .map((parameter, i) => (i === 0 ? parameter : `@${parameter}`))
    .filter((parameter) => !parameter.startsWith('@builtin(num_workgroups)'))
    .map((parameter) =>
      parameter
        .replace(/^@builtin\(workgroup_id\) \w+/, '@builtin(workgroup_id) groupOfPiece')
        .replace(/^@builtin\(global_invocation_id\) \w+/, '@builtin(global_invocation_id) threadOfPiece'),
    );
  const names = [
    group && `let ${group} = groupOfPiece + range.begin.xyz;`,
    thread && `let ${thread} = threadOfPiece + range.begin.xyz * vec3u(${threads}u, 1u, 1u);`,
    groups && `let ${groups} = range.whole.xyz;`,
  ].filter(Boolean);
  const declaration = `struct Range { begin: vec4u, whole: vec4u }\n@group(0) @binding(${binding}) var<uniform> range: Range;\n`;
  // Enables must stay in front of everything else.
  const enables = /^(?:enable [^;]*;\n)*/.exec(code)?.[0] ?? '';
  const body = code
    .slice(enables.length)
    .replace(
      head,
      () => `@workgroup_size(${threads})\nfn main(${changed.join(', ')}) {\n  ${names.join(' ')}`,
    );
  return `${enables}${declaration}${body}`;
}

/** Cuts a grid along its longest side into at most `wanted` pieces of nearly the same size. */
export function cutGrid(whole: Workgroups, wanted: number): readonly Piece[] {
  const most = Math.max(...whole);
  const axis = whole.indexOf(most);
  const pieces = Math.max(1, Math.min(wanted, most, mostPieces));
  return Array.from({ length: pieces }, (_, i) => {
    const from = Math.floor((i * most) / pieces);
    const to = Math.floor(((i + 1) * most) / pieces);
    const along = (value: number, rest: Workgroups) =>
      [axis === 0 ? value : rest[0], axis === 1 ? value : rest[1], axis === 2 ? value : rest[2]] as const;
    return { begin: along(from, [0, 0, 0]), count: along(to - from, whole) };
  });
}
