import { random } from '../../base/random.ts';
import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { elementCount, type Tensor } from '../graph/types.ts';
import { lowerGraph, type Precision } from '../onnx/lower.ts';
import { OnnxProgram, type FloatArray } from '../onnx/program.ts';
import { loadOnnxRuntime } from '../onnx/runtime.ts';
import type { Feed } from '../session.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { normals } from './packed.ts';

export interface GradientCheckOptions {
  /** Builds the ops under test over parameters (what is to be differentiated must be one) and returns a matrix. */
  readonly build: (graph: GraphBuilder) => Tensor;
  readonly feed: Feed;
  /** Default: double. */
  readonly precision?: Precision;
  /** Replaces the random values of parameters. */
  readonly values?: ReadonlyMap<string, FloatArray>;
  /** Elements of each parameter to try, beside one random direction over all of them; default 12. */
  readonly elements?: number;
  /** Builds the loss of the output and 0/1 targets; default: `bceWithLogits`. */
  readonly loss?: (graph: GraphBuilder, output: Tensor, targets: Tensor) => Tensor;
}

export interface GradientError {
  /** Parameter and element, or `direction`. */
  readonly where: string;
  readonly analytic: number;
  readonly numeric: number;
  /** Of the largest gradient element of that parameter. */
  readonly relative: number;
}

/** `agrees`, or what differs and by how much. */
export function verdict({ where, analytic, numeric, relative }: GradientError, tolerance: number): string {
  return relative < tolerance
    ? 'agrees'
    : `${where}: analytic ${analytic}, numeric ${numeric}, off by ${relative} of the largest gradient`;
}

/**
 * Holds the gradient of `bceWithLogits(build(graph), targets)` for every parameter against central finite differences, on the
 * ONNX lowering. Returns the worst disagreement.
 */
export async function worstGradientError(options: GradientCheckOptions): Promise<GradientError> {
  const { feed, precision = 'double' } = options;
  const builder = new GraphBuilder();
  const output = options.build(builder);
  const targets = builder.input('checkTargets', output.shape, 'f32');
  const loss =
    options.loss?.(builder, output, targets) ?? builder.one(bceWithLogits(), [output, targets], 'loss');
  builder.output('loss', loss);
  differentiate(builder, loss);
  const graph = builder.build();

  const targetData = normals(elementCount(output.shape, feed.dims), 77).map((x) => (x > 0 ? 1 : 0));
  const fed: Feed = { ...feed, tensors: new Map([...feed.tensors, ['checkTargets', targetData]]) };
  const parameters = new Map<string, FloatArray>(
    graph.parameters.map(({ tensor }, i) => [
      tensor.name,
      Float64Array.from(
        options.values?.get(tensor.name) ?? normals(elementCount(tensor.shape, feed.dims), 100 + i, 0.7),
      ),
    ]),
  );
  const lowered = lowerGraph(graph, precision);
  const program = await OnnxProgram.create(await loadOnnxRuntime(), lowered);
  const lossValue = lowered.outputs.get('loss') as string;
  const cast = (values: ReadonlyMap<string, FloatArray>) =>
    precision === 'double'
      ? values
      : new Map([...values].map(([name, data]) => [name, Float32Array.from(data)]));
  const lossAt = async () =>
    (await program.run(fed, cast(parameters), new Set([lossValue]))).get(lossValue)?.[0] as number;

  const gradientValues = new Set([
    ...lowered.gradients.values(),
    ...[...lowered.rowGradients.values()].map((r) => r.value),
  ]);
  const results = await program.run(fed, cast(parameters), gradientValues);
  const gradients = new Map<string, FloatArray>();
  for (const [name, value] of lowered.gradients) gradients.set(name, results.get(value) as FloatArray);
  for (const [name, { value, ids, width }] of lowered.rowGradients) {
    const dense = new Float64Array((parameters.get(name) as FloatArray).length);
    const rows = results.get(value) as FloatArray;
    (feed.tensors.get(ids.name) as Int32Array).forEach((id, t) => {
      for (let c = 0; c < width; c++)
        dense[id * width + c] = (dense[id * width + c] as number) + (rows[t * width + c] as number);
    });
    gradients.set(name, dense);
  }

  const step = precision === 'double' ? 1e-5 : 1e-2;
  const draw = random(5);
  let worst: GradientError = { where: 'none', analytic: 0, numeric: 0, relative: 0 };
  const judge = (where: string, analytic: number, numeric: number, magnitude: number) => {
    const relative = Math.abs(analytic - numeric) / Math.max(magnitude, 1e-6);
    if (!(relative <= worst.relative)) worst = { where, analytic, numeric, relative };
  };
  for (const [name, gradient] of gradients) {
    const data = parameters.get(name) as FloatArray;
    const magnitude = Array.from(gradient).reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    const tries = new Set(Array.from({ length: options.elements ?? 12 }, () => draw.integer(data.length)));
    for (const i of tries) {
      const at = data[i] as number;
      data[i] = at + step;
      const above = await lossAt();
      data[i] = at - step;
      const below = await lossAt();
      data[i] = at;
      judge(`${name}[${i}]`, gradient[i] as number, (above - below) / (2 * step), magnitude);
    }
  }
  await checkDirection(parameters, gradients, step, lossAt, judge);
  await program.dispose();
  return worst;
}

/** All elements at once along a random direction: catches what the sampled elements miss. */
async function checkDirection(
  parameters: ReadonlyMap<string, FloatArray>,
  gradients: ReadonlyMap<string, FloatArray>,
  step: number,
  lossAt: () => Promise<number>,
  judge: (where: string, analytic: number, numeric: number, magnitude: number) => void,
): Promise<void> {
  const draw = random(6);
  let analytic = 0;
  let squares = 0;
  const directions = new Map(
    [...gradients].map(([name, gradient]) => [name, gradient.map(() => draw.normal())]),
  );
  let count = 0;
  for (const [name, gradient] of gradients) {
    gradient.forEach((g, i) => {
      analytic += g * (directions.get(name)?.[i] as number);
      squares += g * g;
      count++;
    });
  }
  const h = step / Math.sqrt(count);
  const move = (amount: number) => {
    for (const [name, direction] of directions) {
      const data = parameters.get(name) as FloatArray;
      direction.forEach((d, i) => (data[i] = (data[i] as number) + amount * d));
    }
  };
  move(h);
  const above = await lossAt();
  move(-2 * h);
  const below = await lossAt();
  move(h);
  judge('direction', analytic, (above - below) / (2 * h), Math.sqrt(squares));
}
