import { clusterStruct } from './sizes.ts';

/*
Means without atomics. Rows are sorted by cluster (a counting sort on the CPU, which has to see the clusters anyway) and cut into segments
of at most 64 rows of one cluster. `segmentSums`: one thread a segment and four columns adds its rows in their order. `means`: one thread
a cluster and four columns adds its segments in their order. Two levels also keep float32's error near that of pairwise sums.
*/

/** members [count]: rows by cluster; segments [segments]: first member, end; sums [segments, width] */
export const segmentSums = `${clusterStruct}
@group(0) @binding(1) var<storage, read> points: array<vec4f>;
@group(0) @binding(2) var<storage, read> members: array<u32>;
@group(0) @binding(3) var<storage, read> segments: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> sums: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * groups.x + group.x) * 64u + lane;
  if (at >= sizes.segments * sizes.quads) { return; }
  let segment = segments[at / sizes.quads];
  let q = at % sizes.quads;
  var sum = vec4f(0.0);
  for (var i = segment.x; i < segment.y; i++) { sum += points[members[i] * sizes.quads + q]; }
  sums[at] = sum;
}`;

export const segmentSumsBindings = ['read', 'read', 'read', 'write'] as const;

/** clusterSegments [k]: first segment, end, rows, 0; centroids [k, width] */
export const means = `${clusterStruct}
@group(0) @binding(1) var<storage, read> sums: array<vec4f>;
@group(0) @binding(2) var<storage, read> clusterSegments: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> centroids: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * groups.x + group.x) * 64u + lane;
  if (at >= sizes.k * sizes.quads) { return; }
  let cluster = clusterSegments[at / sizes.quads];
  let q = at % sizes.quads;
  var sum = vec4f(0.0);
  for (var s = cluster.x; s < cluster.y; s++) { sum += sums[s * sizes.quads + q]; }
  // A cluster without rows, which only identical points leave over, stays where it is.
  if (cluster.z > 0u) { centroids[at] = sum / f32(cluster.z); }
}`;

export const meansBindings = ['read', 'read', 'write'] as const;

/** norms [k]: |c|² */
export const centroidNorms = `${clusterStruct}
@group(0) @binding(1) var<storage, read> centroids: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.k) { return; }
  var sum = 0.0;
  for (var q = 0u; q < sizes.quads; q++) { let c = centroids[id.x * sizes.quads + q]; sum += dot(c, c); }
  norms[id.x] = sum;
}`;

export const centroidNormsBindings = ['read', 'write'] as const;
