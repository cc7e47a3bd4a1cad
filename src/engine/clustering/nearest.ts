import { clusterStruct } from './sizes.ts';

/*
Nearest centroid of each row x_i among c_0 .. c_{k-1}, ties to the lower index: argmin over j of |c_j|² - 2 x_i·c_j, a matrix product
[count, width] · [width, k] whose rows are never stored. Every sum has one owner and one order: the same bits on every run.

bindings: points [count, width], centroids [k, width] (both as vec4f), pointNorms [count], centroidNorms [k],
          clusters [count] u32, squares [count]: squared distance to the nearest
*/

const declarations = `${clusterStruct}
@group(0) @binding(1) var<storage, read> points: array<vec4f>;
@group(0) @binding(2) var<storage, read> centroids: array<vec4f>;
@group(0) @binding(3) var<storage, read> pointNorms: array<f32>;
@group(0) @binding(4) var<storage, read> centroidNorms: array<f32>;
@group(0) @binding(5) var<storage, read_write> clusters: array<u32>;
@group(0) @binding(6) var<storage, read_write> squares: array<f32>;
`;

export const nearestBindings = ['read', 'read', 'read', 'read', 'write', 'write'] as const;

const four = [0, 1, 2, 3] as const;
const pairs = four.flatMap((r) => four.map((c) => [r, c] as const));
const lines = (parts: readonly string[]) => parts.join('\n    ');

/** Rows that a workgroup of either form owns. */
export const nearestRows = { tiled: 64, direct: 256 } as const;

/**
 * For graphics cards: 256 threads own 64 rows and meet 64 centroids at a time; both pass through workgroup memory, 16 inner columns a
 * round, and a thread holds 4 × 4 products.
 */
export const tiledNearest = `${declarations}
var<workgroup> xs: array<vec4f, 256>;
var<workgroup> cs: array<vec4f, 256>;
var<workgroup> values: array<f32, 1024>;
var<workgroup> indices: array<u32, 1024>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.y * groups.x + group.x) * 64u;
  let tx = lane % 16u;
  let ty = lane / 16u;
  let own = min(first + lane / 4u, sizes.count - 1u) * sizes.quads;
  ${lines(four.map((r) => `var least${r} = 3.4e38; var best${r} = 0u;`))}
  for (var c0 = 0u; c0 < sizes.k; c0 += 64u) {
    let other = min(c0 + lane / 4u, sizes.k - 1u) * sizes.quads;
    ${lines(pairs.map(([r, c]) => `var p${r}${c} = 0.0;`))}
    for (var q0 = 0u; q0 < sizes.quads; q0 += 4u) {
      let q = q0 + lane % 4u;
      let isInside = q < sizes.quads;
      let at = min(q, sizes.quads - 1u);
      let slot = (lane % 4u) * 64u + lane / 4u;
      xs[slot] = select(vec4f(0.0), points[own + at], isInside);
      cs[slot] = centroids[other + at];
      workgroupBarrier();
      for (var i = 0u; i < 256u; i += 64u) {
        ${four.map((r) => `let x${r} = xs[i + ty + ${16 * r}u];`).join(' ')}
        ${four.map((c) => `let c${c} = cs[i + tx + ${16 * c}u];`).join(' ')}
        ${lines(pairs.map(([r, c]) => `p${r}${c} += dot(x${r}, c${c});`))}
      }
      workgroupBarrier();
    }
    ${lines(
      four.map(
        (c) => `{
      let j = c0 + tx + ${16 * c}u;
      if (j < sizes.k) {
        let norm = centroidNorms[j];
        ${lines(four.map((r) => `{ let v = norm - 2.0 * p${r}${c}; if (v < least${r}) { least${r} = v; best${r} = j; } }`))}
      }
    }`,
      ),
    )}
  }
  ${lines(four.map((r) => `values[(ty + ${16 * r}u) * 16u + tx] = least${r}; indices[(ty + ${16 * r}u) * 16u + tx] = best${r};`))}
  workgroupBarrier();
  let row = first + lane;
  if (lane < 64u && row < sizes.count) {
    var least = values[lane * 16u];
    var best = indices[lane * 16u];
    for (var t = 1u; t < 16u; t++) {
      let value = values[lane * 16u + t];
      let index = indices[lane * 16u + t];
      if (value < least || (value == least && index < best)) { least = value; best = index; }
    }
    clusters[row] = best;
    squares[row] = max(0.0, least + pointNorms[row]);
  }
}`;

/** Without barriers, for software adapters: a thread owns four rows and meets four centroids at a time. */
export const directNearest = `${declarations}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = ((group.y * groups.x + group.x) * 64u + lane) * 4u;
  if (first >= sizes.count) { return; }
  ${lines(four.map((r) => `let row${r} = min(first + ${r}u, sizes.count - 1u) * sizes.quads; var least${r} = 3.4e38; var best${r} = 0u;`))}
  for (var c0 = 0u; c0 < sizes.k; c0 += 4u) {
    ${lines(four.map((c) => `let j${c} = min(c0 + ${c}u, sizes.k - 1u); let centre${c} = j${c} * sizes.quads;`))}
    ${lines(pairs.map(([r, c]) => `var p${r}${c} = 0.0;`))}
    for (var q = 0u; q < sizes.quads; q++) {
      ${four.map((r) => `let x${r} = points[row${r} + q];`).join(' ')}
      ${four.map((c) => `let c${c} = centroids[centre${c} + q];`).join(' ')}
      ${lines(pairs.map(([r, c]) => `p${r}${c} += dot(x${r}, c${c});`))}
    }
    ${lines(
      four.map(
        (c) =>
          `{ let norm = centroidNorms[j${c}]; ${four.map((r) => `{ let v = norm - 2.0 * p${r}${c}; if (v < least${r}) { least${r} = v; best${r} = j${c}; } }`).join(' ')} }`,
      ),
    )}
  }
  ${lines(four.map((r) => `if (first + ${r}u < sizes.count) { clusters[first + ${r}u] = best${r}; squares[first + ${r}u] = max(0.0, least${r} + pointNorms[first + ${r}u]); }`))}
}`;
