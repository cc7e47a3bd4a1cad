import { clusterStruct } from './sizes.ts';

/**
 * Squared distances of all rows to k <= 16 of them, for k-means++: sum of (x_i - x_j)², so that copies are at distance 0 exactly.
 * candidates [k]: rows; distances [k, count]
 */
export const distances = `${clusterStruct}
@group(0) @binding(1) var<storage, read> points: array<vec4f>;
@group(0) @binding(2) var<storage, read> candidates: array<u32>;
@group(0) @binding(3) var<storage, read_write> distances: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = (group.y * groups.x + group.x) * 64u + lane;
  if (row >= sizes.count) { return; }
  let own = row * sizes.quads;
  for (var t = 0u; t < sizes.k; t += 4u) {
    ${[0, 1, 2, 3].map((i) => `let at${i} = candidates[min(t + ${i}u, sizes.k - 1u)] * sizes.quads; var d${i} = 0.0;`).join('\n    ')}
    for (var q = 0u; q < sizes.quads; q++) {
      let x = points[own + q];
      ${[0, 1, 2, 3].map((i) => `{ let gap = x - points[at${i} + q]; d${i} += dot(gap, gap); }`).join('\n      ')}
    }
    ${[0, 1, 2, 3].map((i) => `if (t + ${i}u < sizes.k) { distances[(t + ${i}u) * sizes.count + row] = d${i}; }`).join('\n    ')}
  }
}`;

export const distancesBindings = ['read', 'read', 'write'] as const;
