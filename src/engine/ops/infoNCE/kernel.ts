import { elementCount, type Node } from '../../graph/types.ts';
import { folded, input, literal, output, size, store, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';

const name = 'infoNCE';

const entry = (threads: number) => `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * ${threads}u + lane;`;

/**
 * Five dispatches, none with a barrier: 1 / |v| a row; cosines a pair; softmax a row, which turns cosines into weights w; gradient
 *
 *     dv_b = (g_b - u_b (u_b · g_b)) / |v_b|,   g_b = sum over c of (w[b, c] + w[c, b]) u_c,   u = v / |v|
 *
 * a row; the sum of the rows' losses. Every sum has one owner. 3 B² d multiplications: at B = 768, d = 768 under a hundredth of an
 * encoder's pass over these texts.
 */
export function infoNceKernels(node: Node, temperature: number): KernelCall[] {
  const vectors = inputAt(name, node.inputs, 0);
  const positives = input('positives', inputAt(name, node.inputs, 1), 'i32');
  const [rows, width] = matrix(name, vectors);
  const [loss, gradient, weights, inverseNorms, rowLosses] = [0, 1, 2, 3, 4].map((i) =>
    inputAt(name, node.outputs, i),
  ) as [typeof vectors, typeof vectors, typeof vectors, typeof vectors, typeof vectors];
  const n = size(rows);
  const perRow: KernelCall['workgroups'] = (dims) =>
    folded(Math.ceil(elementCount(inverseNorms.shape, dims) / 64));
  return [
    {
      label: 'inverse norms',
      bindings: [input('vectors', vectors), output('inverseNorms', inverseNorms)],
      code: `${entry(64)}
  if (i >= ${n}) { return; }
  var squares = 0.0;
  for (var k = 0u; k < ${width}u; k++) { let x = vectors[i * ${width}u + k]; squares += x * x; }
  inverseNorms[i] = select(0.0, inverseSqrt(squares), squares > 0.0);
}`,
      workgroups: perRow,
    },
    {
      label: 'contrastive cosines',
      bindings: [
        input('vectors', vectors),
        input('inverseNorms', inverseNorms),
        positives,
        output('weights', weights),
      ],
      code: `${entry(256)}
  let n = ${n};
  if (i >= n * n) { return; }
  let a = i / n;
  let c = i % n;
  // Only anchors have logits.
  if (positives[a] < 0) { weights[i] = 0.0; return; }
  var dot = 0.0;
  for (var k = 0u; k < ${width}u; k++) { dot += vectors[a * ${width}u + k] * vectors[c * ${width}u + k]; }
  weights[i] = dot * inverseNorms[a] * inverseNorms[c];
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(weights.shape, dims) / 256)),
    },
    {
      label: 'contrastive softmax',
      bindings: [
        positives,
        input('classes', inputAt(name, node.inputs, 2), 'u32'),
        output('weights', weights),
        output('rowLosses', rowLosses),
      ],
      code: `
fn counts(a: u32, c: u32) -> bool {
  if (c == u32(positives[a])) { return true; }
  return positives[c] < 0 && (classes[a] == 0u || classes[a] != classes[c]);
}
${entry(64)}
  let n = ${n};
  if (i >= n || positives[i] < 0) { if (i < n) { rowLosses[i] = 0.0; } return; }
  let row = i * n;
  let own = weights[row + u32(positives[i])];
  var most = own;
  for (var c = 0u; c < n; c++) { if (counts(i, c)) { most = max(most, weights[row + c]); } }
  var total = 0.0;
  for (var c = 0u; c < n; c++) { if (counts(i, c)) { total += exp((weights[row + c] - most) * ${literal(1 / temperature)}); } }
  rowLosses[i] = log(total) - (own - most) * ${literal(1 / temperature)};
  for (var c = 0u; c < n; c++) {
    var weight = 0.0;
    if (counts(i, c)) { weight = exp((weights[row + c] - most) * ${literal(1 / temperature)}) / total; }
    if (c == u32(positives[i])) { weight -= 1.0; }
    weights[row + c] = step.lossScale * ${literal(1 / temperature)} * weight;
  }
}`,
      workgroups: perRow,
    },
    {
      label: 'contrastive gradient',
      bindings: [
        input('vectors', vectors),
        input('inverseNorms', inverseNorms),
        input('weights', weights),
        output('gradient', gradient),
      ],
      code: `${entry(64)}
  let n = ${n};
  if (i >= n) { return; }
  let own = i * ${width}u;
  for (var k = 0u; k < ${width}u; k++) { gradient[own + k] = 0.0; }
  for (var c = 0u; c < n; c++) {
    let weight = (weights[i * n + c] + weights[c * n + i]) * inverseNorms[c];
    if (weight != 0.0) {
      for (var k = 0u; k < ${width}u; k++) { gradient[own + k] = gradient[own + k] + weight * vectors[c * ${width}u + k]; }
    }
  }
  var along = 0.0;
  for (var k = 0u; k < ${width}u; k++) { along += gradient[own + k] * vectors[own + k]; }
  along *= inverseNorms[i] * inverseNorms[i];
  for (var k = 0u; k < ${width}u; k++) {
    gradient[own + k] = inverseNorms[i] * (gradient[own + k] - along * vectors[own + k]);
  }
}`,
      workgroups: perRow,
    },
    {
      label: 'contrastive loss',
      bindings: [input('rowLosses', rowLosses), output('loss', loss)],
      code: `
@compute @workgroup_size(1)
fn main() {
  var total = 0.0;
  for (var row = 0u; row < ${n}; row++) { total += rowLosses[row]; }
  ${store(loss, 'loss', '0u', 'step.lossScale * total')}
}`,
      workgroups: () => [1, 1, 1],
    },
  ];
}
