import { VerbenaError } from '../base/errors.ts';
import { EngineError } from '../engine/errors.ts';
import type { Dims, Graph } from '../engine/graph/types.ts';
import { applyMemoryChoices, keepEverything, type MemoryChoices } from '../engine/plan/choices.ts';
import { grantedBindingBytes, planMemory } from '../engine/plan/plan.ts';
import { lowerToWebGpu } from '../engine/webgpu/lower.ts';
import { wholeModel, type TrainedParts } from './adapters/trainedParts.ts';
import { bertFamilies } from './bert/family.ts';
import { choosePlan, leaner, type PlanCandidate, type PlanTable } from './choosePlan.ts';
import { SessionClassifier } from './classifier.ts';
import { headGraphOf, labelHead, tiledLoss, type LabelHead } from './encodings/labelHead.ts';
import { nameBatches, type NameTokens } from './encodings/labelNames.ts';
import { outputsOf, type EncodingPlan, type LabelEncoding } from '../core/encodings/types.ts';
import type { BatchCapacity, GraphOptions, ModelDefinition, ModelFamily } from './family.ts';
import { openSession, type Lowering } from './lowering.ts';
import type { MemoryMode } from './memoryMode.ts';
import { plainLoss, type ClassificationLoss } from './loss.ts';
import { recurrenceOf } from './recurrenceOf.ts';
import type { PlannedMemory } from './trainable.ts';
import type { WeightSource } from './weights.ts';
import { xlnetFamily } from './xlnet/family.ts';

const families: readonly ModelFamily[] = [xlnetFamily, ...bertFamilies];

/** The definition that a `config.json` asks for; `model-unsupported` names the types there are. */
export function defineModel(config: unknown): ModelDefinition {
  const type =
    typeof config === 'object' && config !== null && 'model_type' in config ? config.model_type : undefined;
  const family = families.find((candidate) => candidate.modelType === type);
  if (!family) {
    const known = families.map((candidate) => candidate.modelType).join(', ');
    throw new VerbenaError(
      'model-unsupported',
      `Verbena cannot train models of type ${JSON.stringify(type ?? null)}.`,
      `Choose a model whose config.json says model_type ${known}.`,
      { modelType: type, known },
    );
  }
  return family.create(config);
}

export type { Lowering, MatmulChooser } from './lowering.ts';

export interface CreateOptions {
  readonly config: unknown;
  /** Null: a fresh model. */
  readonly weights: WeightSource | null;
  readonly labelCount: number;
  readonly lowering: Lowering;
  readonly capacity: BatchCapacity;
  /** Seeds fresh weights. */
  readonly seed: number;
  /** Replaces the configured dropout; null: as configured. */
  readonly dropout: number | null;
  /** Default: everything is kept in f32. */
  readonly memory?: MemoryMode;
  /** Whether an update by layer measures the gradient first, which clipping and `f16` need. Default true. */
  readonly measures?: boolean;
  /** What `auto` may fill; null (default): not known. */
  readonly budgetBytes?: number | null;
  /** Default: everything trains. */
  readonly trained?: TrainedParts;
  /** What training minimises; default: plain binary cross-entropy. */
  readonly loss?: ClassificationLoss;
  /** How labels become outputs; default: each for itself. */
  readonly encoding?: EncodingPlan | undefined;
  /** Under `label-embedding`: the labels' names in order. */
  readonly names?: NameTokens | undefined;
  /** Told when the device had no room for a plan and a leaner one is tried. */
  readonly onLeaner?: (from: TakenPlan, to: TakenPlan) => void;
}

/** The plan that a model was made by: what a run records, so that a resumed one takes the same. */
export type TakenPlan = Pick<PlanCandidate, 'memory' | 'capacity'>;

export interface CreatedModel {
  readonly model: SessionClassifier;
  /** Published tensors that the file lacked and that start fresh: the head. */
  readonly fresh: readonly string[];
  readonly plan: TakenPlan;
}

/**
 * Plans, allocates and loads a trainable classifier. With memory `auto`, a plan for which the device has no room after all gives way
 * to the next that is markedly leaner. Throws `model-unsupported`, `config-invalid`, `trained-parts-invalid`, `tensors-missing`,
 * `tensor-shape`, `tensors-extra`, `limit-too-small`, `out-of-memory`, `loss-encoding`.
 */
export async function createTrainableModel(options: CreateOptions): Promise<CreatedModel> {
  const definition = defineModel(options.config);
  const head = labelHead(options.encoding, options.labelCount, options.loss);
  const loss = tiledLoss(options.loss ?? plainLoss, head);
  const graphs = buildGraphs(definition, {
    ...options,
    loss,
    labelCount: head.outputs,
    head: head.graph,
  });
  const plans = plansFor(definition, graphs, options);
  for (const [i, plan] of plans.entries()) {
    try {
      return await createByPlan(definition, graphs, plan, { ...options, loss, head });
    } catch (error) {
      const next = plans[i + 1];
      if (!next || !(error instanceof EngineError) || error.code !== 'out-of-memory') throw error;
      options.onLeaner?.(plan, next);
    }
  }
  throw new EngineError('out-of-memory', 'There is no plan to try.', 'Use a smaller model.');
}

interface Graphs {
  readonly training: Graph;
  readonly inference: Graph;
}

async function createByPlan(
  definition: ModelDefinition,
  { training, inference }: Graphs,
  plan: TakenPlan,
  {
    lowering,
    labelCount,
    weights,
    seed,
    loss = plainLoss,
    names,
    head,
    measures,
  }: CreateOptions & { readonly head: LabelHead },
): Promise<CreatedModel> {
  const common = {
    training: applyMemoryChoices(training, plan.memory, measures),
    inference,
    capacity: definition.capacity(plan.capacity),
  };
  const session = await openSession(lowering, common);
  const model = new SessionClassifier(
    definition,
    session,
    labelCount,
    loss,
    recurrenceOf(definition, plan.capacity),
    head,
  );
  try {
    const fresh = await model.load(weights, seed);
    if (names && head.graph.kind === 'named')
      await model.beginWithNames(nameBatches(names, plan.capacity, definition.segmentIds));
    return { model, fresh, plan };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The plan asked for, or with `auto` the chosen one and those to fall back to. */
function plansFor(
  definition: ModelDefinition,
  graphs: Graphs,
  { memory = keepEverything, capacity, lowering, budgetBytes = null, measures = true }: CreateOptions,
): readonly TakenPlan[] {
  if (memory !== 'auto') return [{ memory, capacity }];
  // The runtime's own allocator decides what ONNX keeps: recomputation brings nothing measurable there.
  if (lowering.kind === 'onnx') return [{ memory: keepEverything, capacity }];
  const planner = webGpuPlanner(grantedBindingBytes(lowering.gpu.limits), definition.capacity(capacity));
  const table = choosePlan({ definition, ...graphs, ...planner, capacity, budgetBytes, measures });
  const [leanest] = table.candidates.slice(-1);
  const first = table.chosen ?? leanest;
  return first ? [first, ...leaner(table, first)] : [];
}

function buildGraphs(
  definition: ModelDefinition,
  {
    labelCount,
    dropout,
    trained = wholeModel,
    loss = plainLoss,
    capacity,
    head,
  }: Pick<CreateOptions, 'labelCount' | 'dropout' | 'trained' | 'loss' | 'capacity'> &
    Pick<GraphOptions, 'head'>,
): Graphs {
  const memory = recurrenceOf(definition, capacity) !== null;
  const encoded = head ? { head } : {};
  return {
    training: definition.graph({ labelCount, training: true, dropout, trained, loss, memory, ...encoded }),
    inference: definition.graph({ labelCount, training: false, dropout: null, trained, memory, ...encoded }),
  };
}

/** Plans and lowers for WebGPU as `createWebGpuSession` does, without a device. */
function webGpuPlanner(maxBindingBytes: number, capacity: Dims) {
  const environment = { capacity, avoidsBarriers: false };
  return {
    lower: (graph: Graph) => lowerToWebGpu(graph, environment),
    plan(lowered: Graphs & { readonly capacity: Dims }): PlannedMemory {
      const { totalBytes, byCategory } = planMemory({ ...lowered, maxBindingBytes });
      return { totalBytes, byCategory };
    },
  };
}

/** What changes a plan beside sizes. */
export interface PlanOptions {
  readonly dropout?: number | null;
  readonly trained?: TrainedParts;
  readonly encoding?: LabelEncoding | undefined;
  /** See `CreateOptions`. */
  readonly measures?: boolean;
}

/** Planned bytes of a model on WebGPU, without a device. `maxBindingBytes`: see `grantedBindingBytes`. */
export function planModelMemory(
  config: unknown,
  labelCount: number,
  capacity: BatchCapacity,
  maxBindingBytes: number,
  options: PlanOptions & { readonly memory?: MemoryChoices } = {},
): PlannedMemory {
  const definition = defineModel(config);
  const { training, inference } = buildGraphs(definition, plannedGraphs(labelCount, capacity, options));
  const dims = definition.capacity(capacity);
  const { lower, plan } = webGpuPlanner(maxBindingBytes, dims);
  return plan({
    training: lower(applyMemoryChoices(training, options.memory ?? keepEverything, options.measures)),
    inference: lower(inference),
    capacity: dims,
  });
}

/** Every plan for a model on WebGPU and which of them `auto` takes, without a device. */
export function planModelTable(
  config: unknown,
  labelCount: number,
  capacity: BatchCapacity,
  maxBindingBytes: number,
  options: PlanOptions & { readonly budgetBytes: number | null },
): PlanTable {
  const definition = defineModel(config);
  const graphs = buildGraphs(definition, plannedGraphs(labelCount, capacity, options));
  const planner = webGpuPlanner(maxBindingBytes, definition.capacity(capacity));
  const { budgetBytes, measures = true } = options;
  return choosePlan({ definition, ...graphs, ...planner, capacity, budgetBytes, measures });
}

function plannedGraphs(
  labelCount: number,
  capacity: BatchCapacity,
  { encoding, dropout = null, trained }: PlanOptions,
) {
  return {
    labelCount: outputsOf(encoding, labelCount),
    head: headGraphOf(encoding, labelCount),
    dropout,
    capacity,
    ...(trained && { trained }),
  };
}
