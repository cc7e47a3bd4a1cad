/**
 * Rows that a thread reads before it needs the first: what hides a card's memory latency, where few workgroups can be had. (Vectors would
 * do the same; SwiftShader takes ten times as long to compile them.)
 */
const inFlight = 8;
const threads = 256;
/** Columns that a workgroup of `columnSumsCode` owns: a warp reads 128 neighbouring bytes. */
export const columnsOwned = 32;
const down = threads / columnsOwned;

export interface ColumnSums {
  /** How many rows are summed, as WGSL. */
  readonly rows: string;
  readonly width: number;
  /** WGSL in front of the sums; `group.x` says which columns are owned, the rest of `group` is the kernel's. */
  readonly prologue?: string;
  /** WGSL: the element of a row at a column; default: of a matrix of this width. */
  readonly at?: (row: string, column: string) => string;
  /** What is summed over the rows, each a WGSL expression of `row` and of `at`, the element. */
  readonly terms: readonly ((row: string, at: string) => string)[];
  /** WGSL that stores total number i at `column`. */
  readonly store: readonly ((column: string, total: string) => string)[];
}

/**
 * Sums over the rows of a matrix, a column at a time. A workgroup owns 32 columns; its eight threads a column walk the rows side by side,
 * each with sums of its own for the rows it has under way, and are added in order: the same bits on every run.
 */
export function columnSumsCode({
  rows,
  width,
  prologue = '',
  at = (row, column) => `${row} * ${width}u + ${column}`,
  terms,
  store,
}: ColumnSums): string {
  const each = (make: (term: number) => string, separator = '\n  ') =>
    terms.map((_, i) => make(i)).join(separator);
  const steps = Array.from({ length: inFlight }, (_, step) => step);
  const lines = (make: (step: number) => string) => steps.map(make).join('\n      ');
  // Added in pairs, as a tree: fewer roundings than one after the other.
  const tree = (names: readonly string[]): string =>
    names.length === 1
      ? (names[0] ?? '')
      : `(${tree(names.slice(0, names.length / 2))} + ${tree(names.slice(names.length / 2))})`;
  return `
${each((i) => `var<workgroup> partial${i}: array<f32, ${threads}>;`, '\n')}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * ${columnsOwned}u + lane % ${columnsOwned}u;
  ${prologue}
  let rows = ${rows};
  ${each((i) => steps.map((step) => `var sum${i}_${step} = 0.0;`).join(' '))}
  if (column < ${width}u) {
    for (var first = lane / ${columnsOwned}u; first < rows; first += ${down * inFlight}u) {
      ${lines((step) => `let row${step} = min(first + ${down * step}u, rows - 1u); let at${step} = ${at(`row${step}`, 'column')};`)}
      ${lines((step) => each((i) => `let term${i}_${step} = ${terms[i]?.(`row${step}`, `at${step}`)};`, ' '))}
      ${lines((step) => each((i) => `sum${i}_${step} += select(0.0, term${i}_${step}, first + ${down * step}u < rows);`, ' '))}
    }
  }
  ${each((i) => `partial${i}[lane] = ${tree(steps.map((step) => `sum${i}_${step}`))};`)}
  workgroupBarrier();
  if (lane < ${columnsOwned}u && column < ${width}u) {
    ${each((i) => `var total${i} = 0.0;`, ' ')}
    for (var k = 0u; k < ${down}u; k++) { ${each((i) => `total${i} += partial${i}[k * ${columnsOwned}u + lane];`, ' ')} }
    ${each((i) => store[i]?.('column', `total${i}`) ?? '', '\n    ')}
  }
}`;
}
