import type { EngineSession, StateOf } from '../../src/engine/session.ts';
import { SessionClassifier } from '../../src/models/classifier.ts';
import { defineModel } from '../../src/models/create.ts';
import type { ModelDefinition } from '../../src/models/family.ts';
import { copyPart, sizeOf } from '../../src/models/weights.ts';
import { createOnnxSession } from '../../src/engine/onnx/session.ts';
import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { createWebGpuSession } from '../../src/engine/webgpu/session.ts';
import type { Golden, GoldenVariant } from './golden.ts';

/** One line of the report: tensors that belong together and the worst of their errors. */
export interface GroupResult {
  readonly group: string;
  readonly tensors: number;
  /** Worst error over the allowed one: above 1 is a failure. */
  readonly ratio: number;
  readonly worst: string;
  readonly error: number;
  readonly allowed: number;
}

/**
 * Allowed: 20 times what float32 itself strays, at least `relative` of the tensor's largest magnitude; and `more`, where a caller has a
 * reason.
 */
export class Comparison {
  private readonly groups = new Map<string, GroupResult>();

  constructor(
    private readonly deviation: ReadonlyMap<string, number>,
    private readonly relative = 1e-5,
  ) {}

  add(group: string, name: string, actual: Float32Array, expected: Float32Array, more = 0): void {
    let error = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
    let magnitude = 0;
    for (let i = 0; i < expected.length; i++) {
      const gap = Math.abs((actual[i] as number) - (expected[i] as number));
      // Written so that NaN is an error, not a pass.
      if (!(gap <= error)) error = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
      magnitude = Math.max(magnitude, Math.abs(expected[i] as number));
    }
    const allowed =
      Math.max(20 * (this.deviation.get(name) ?? 0), this.relative * magnitude, Number.MIN_VALUE) + more;
    const known = this.groups.get(group);
    const ratio = error / allowed;
    const tensors = (known?.tensors ?? 0) + 1;
    if (known && known.ratio >= ratio) this.groups.set(group, { ...known, tensors });
    else this.groups.set(group, { group, tensors, ratio, worst: name, error, allowed });
  }

  get results(): readonly GroupResult[] {
    return [...this.groups.values()];
  }
}

/** Where a golden is run. `halves` and `matrices`: the tiled kernels with products of halves, by matrix instructions in the second. */
export type Target =
  | {
      readonly name: 'webgpu';
      readonly gpu: GpuDevice;
      readonly kernels: 'tiled' | 'barrier-free' | 'halves' | 'matrices';
    }
  | { readonly name: 'onnx' };

const isHalf = (target: Target) =>
  target.name === 'webgpu' && (target.kernels === 'halves' || target.kernels === 'matrices');

/**
 * An operand of a product of halves strays by 2^-11 of itself at most. The errors of some twenty products behind each other add up as their
 * root, to 0.0022; twice that, since the largest element of a tensor need not be where the largest error is.
 */
const halfRelative = 0.005;
const gradientScale = 1024;

/** Gradients that are zero in exact arithmetic, such as a key's bias', are what rounding leaves of far larger terms. */
async function halfFloor({ expected }: Golden, batch: string): Promise<number> {
  let largest = 0;
  for (const { name } of expected.tensors)
    if (name.startsWith(`${batch}.grad.`))
      for (const value of await expected.read(name)) largest = Math.max(largest, Math.abs(value));
  return 0.05 * halfRelative * largest;
}

/** Logits, loss, hidden states, every gradient, and (not of halves) the parameters after each variant's AdamW steps. */
export async function checkGolden(golden: Golden, target: Target): Promise<readonly GroupResult[]> {
  const definition = defineModel(golden.config);
  const comparison = new Comparison(golden.deviation, isHalf(target) ? halfRelative : undefined);
  await checkForwardBackward(golden, definition, target, comparison);
  // AdamW divides a gradient by its own size: where that is nearly zero, rounding turns the sign of a whole update.
  for (const variant of isHalf(target) ? [] : golden.variants)
    await checkVariant(golden, definition, target, variant, comparison);
  return comparison.results;
}

async function open(
  golden: Golden,
  definition: ModelDefinition,
  target: Target,
  keepHidden: boolean,
): Promise<{ session: EngineSession; model: SessionClassifier }> {
  const { labelCount, batches } = golden;
  const tokens = Math.max(...batches.map((batch) => batch.packed.ids.length));
  const sequences = Math.max(...batches.map((batch) => batch.packed.offsets.length - 1));
  const options = {
    training: definition.graph({ labelCount, training: true, dropout: 0, keepHidden }),
    inference: definition.graph({ labelCount, training: false, dropout: null }),
    capacity: definition.capacity({ tokens, sequences, maxLength: tokens }),
  };
  const session =
    target.name === 'webgpu'
      ? await createWebGpuSession({
          gpu: target.gpu,
          ...options,
          avoidsBarriers: target.kernels === 'barrier-free',
          ...(isHalf(target)
            ? { precision: 'f16', usesSubgroupMatrices: target.kernels === 'matrices' }
            : {}),
        })
      : await createOnnxSession(options);
  const model = new SessionClassifier(definition, session, labelCount);
  await model.load(golden.weights, 0);
  return { session, model };
}

async function checkForwardBackward(
  golden: Golden,
  definition: ModelDefinition,
  target: Target,
  comparison: Comparison,
): Promise<void> {
  const { session, model } = await open(golden, definition, target, true);
  for (const [index, batch] of golden.batches.entries()) {
    const b = `b${index}`;
    const rows = batch.packed.offsets.length - 1;
    const feed = definition.feed(batch.packed, {
      seed: 0,
      lossScale: 1 / (rows * golden.labelCount),
      lengthMultiple: target.name === 'webgpu' ? 16 : 1,
      ...(isHalf(target) ? { gradientScale } : {}),
    });
    const { loss } = await session.step([feed], null);
    comparison.add('loss', `${b}.loss`, Float32Array.of(loss), await golden.expected.read(`${b}.loss`));
    const logits = await golden.expected.read(`${b}.logits`);
    comparison.add('logits, training', `${b}.logits`, await session.trainingOutput('logits'), logits);
    comparison.add('logits, inference', `${b}.logits`, await model.logits(batch.packed), logits);
    for (let layer = 0; golden.expected.has(`${b}.hidden.${layer}`); layer++) {
      const name = `${b}.hidden.${layer}`;
      const expected = await golden.expected.read(name);
      const actual = await session.trainingOutput(`hidden.${layer}`);
      const width = actual.length / batch.padded.length;
      const packed = new Float32Array(actual.length);
      batch.padded.forEach((at, i) => packed.set(expected.subarray(at * width, (at + 1) * width), i * width));
      comparison.add('hidden states', name, actual, packed);
    }
    const floor = isHalf(target) ? await halfFloor(golden, b) : 0;
    for await (const { name, data } of tensors(session, 'gradient')) {
      comparison.add(
        gradientGroup(name),
        `${b}.grad.${name}`,
        data,
        await golden.expected.read(`${b}.grad.${name}`),
        floor,
      );
    }
  }
  session.dispose();
}

async function checkVariant(
  golden: Golden,
  definition: ModelDefinition,
  target: Target,
  variant: GoldenVariant,
  comparison: Comparison,
): Promise<void> {
  // As users train: hidden states that nothing reads are not computed.
  const { model } = await open(golden, definition, target, false);
  // Rounding in the first steps, where losses and gradients are a hundred times larger, moves the parameters of the last ones.
  const most = (values: readonly number[]) => 1e-6 * Math.max(...values);
  const lossFloor = most(variant.steps.map(({ loss }) => loss));
  const normFloor = most(variant.steps.map(({ gradientNorm }) => gradientNorm));
  for (const [i, step] of variant.steps.entries()) {
    const batch = golden.batches[i % golden.batches.length];
    if (!batch) continue;
    const { learningRate } = step;
    const { clipNorm, decay, weightDecay, beta1, beta2, epsilon } = variant;
    const outcome = await model.trainStep([batch.packed], {
      step: i + 1,
      learningRate,
      clipNorm,
      decay,
      weightDecay,
      beta1,
      beta2,
      epsilon,
      seed: 0,
    });
    const group = `AdamW ${variant.name}: loss and norm`;
    comparison.add(
      group,
      `step ${i + 1} loss`,
      Float32Array.of(outcome.loss),
      Float32Array.of(step.loss),
      lossFloor,
    );
    comparison.add(
      group,
      `step ${i + 1} norm`,
      Float32Array.of(outcome.gradientNorm),
      Float32Array.of(step.gradientNorm),
      normFloor,
    );
  }
  for await (const { name, data } of model.readState(['parameter'])) {
    comparison.add(
      `AdamW ${variant.name}: parameters`,
      `adamw_${variant.name}.${name}`,
      data,
      await variant.after.read(name),
    );
  }
  model.dispose();
}

/** Published tensors of a session's state. */
async function* tensors(
  session: EngineSession,
  of: StateOf,
): AsyncIterable<{ name: string; data: Float32Array }> {
  for (const parameter of session.parameters) {
    if (!session.trained.has(parameter.tensor.name)) continue;
    const packed = await session.read(of, parameter.tensor.name);
    for (const part of parameter.parts) {
      const data = new Float32Array(sizeOf(part.shape));
      copyPart(parameter, part, packed, data, 'unpack');
      yield { name: part.name, data };
    }
  }
}

/** `transformer.layer.3.rel_attn.q` and its like in other layers report together. */
function gradientGroup(name: string): string {
  return `grad ${name.replace(/\.\d+\./g, '.*.')}`;
}
