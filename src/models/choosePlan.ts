import { EngineError } from '../engine/errors.ts';
import type { Dims, Graph } from '../engine/graph/types.ts';
import { applyMemoryChoices, type MemoryChoices } from '../engine/plan/choices.ts';
import { estimateSeconds } from '../engine/plan/estimate.ts';
import type { BatchCapacity, ModelDefinition } from './family.ts';
import { recomputeChoices, storageChoices } from './memoryMode.ts';
import type { PlannedMemory } from './trainable.ts';

/** One way to train: what is kept, how much a micro-batch holds, what that takes. */
export interface PlanCandidate extends PlannedMemory {
  readonly memory: MemoryChoices;
  readonly capacity: BatchCapacity;
  /** Estimated time for the same tokens, as a multiple of the fastest candidate's. */
  readonly relativeTime: number;
  readonly fits: boolean;
}

export interface PlanTable {
  /** From the fastest to the leanest; one that is slower than another without being at least 2 % leaner is left out. */
  readonly candidates: readonly PlanCandidate[];
  /** The fastest that fits; where the device does not say what it has, the leanest that costs next to nothing. Null: none fits. */
  readonly chosen: PlanCandidate | null;
}

/** Plans bytes for a pair of graphs; throws `limit-too-small` where one tensor is beyond the device. */
export type GraphPlanner = (graphs: {
  readonly training: Graph;
  readonly inference: Graph;
  readonly capacity: Dims;
}) => PlannedMemory;

export interface ChoosePlanOptions {
  readonly definition: ModelDefinition;
  readonly training: Graph;
  readonly inference: Graph;
  /** As asked for: candidates hold this much or less. */
  readonly capacity: BatchCapacity;
  /** The graph as the device runs it; asked for once a choice, at the full capacity. */
  readonly lower: (graph: Graph) => Graph;
  /** Plans lowered graphs. */
  readonly plan: GraphPlanner;
  /** Null: the device does not say. */
  readonly budgetBytes: number | null;
  /** Whether an update by layer measures the gradient first. */
  readonly measures: boolean;
}

/** Every combination worth trying but for updates by layer, in no particular order. */
const memoryChoices: readonly MemoryChoices[] = recomputeChoices.flatMap((recompute) =>
  storageChoices.map((storage) => ({ recompute, storage })),
);

/** A slower plan has to save this much to be one. */
const worthARow = 0.98;

/** A plan that costs no more than this is taken for its bytes where the device does not say what it has. */
const nextToNothing = 1.03;

/**
 * Every way to train a model within a capacity, by bytes and estimated time, and which to take: what is kept or made again, half
 * storage, smaller token budgets (the same batches in more passes), where a step fits one pass updates by layer. Without a device; each is planned, none is guessed.
 * Throws `limit-too-small` where no candidate can be laid out at all.
 */
export function choosePlan(options: ChoosePlanOptions): PlanTable {
  const { definition, training, capacity, budgetBytes, measures, lower, plan } = options;
  const inference = lower(options.inference);
  const { stepTokens = Number.POSITIVE_INFINITY } = capacity;
  const byLayer = memoryChoices.map((memory): MemoryChoices => ({ ...memory, update: 'layers' }));
  const graphs = [...memoryChoices, ...(stepTokens <= capacity.tokens ? byLayer : [])].map((memory) => {
    const graph = applyMemoryChoices(training, memory, measures);
    return { memory, graph, lowered: lower(graph) };
  });
  const planned: (Omit<PlanCandidate, 'relativeTime'> & { readonly seconds: number })[] = [];
  let refusal: unknown = null;
  for (const tokens of budgets(capacity)) {
    const smaller = { ...capacity, tokens };
    const dims = definition.capacity(smaller);
    for (const { memory, graph, lowered } of graphs) {
      if (memory.update === 'layers' && stepTokens > tokens) continue;
      try {
        const { totalBytes, byCategory } = plan({ training: lowered, inference, capacity: dims });
        const fits = budgetBytes === null || totalBytes <= budgetBytes;
        const seconds = estimateSeconds(graph, dims) / tokens;
        planned.push({ memory, capacity: smaller, totalBytes, byCategory, fits, seconds });
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'limit-too-small') throw error;
        refusal ??= error;
      }
    }
  }
  if (planned.length === 0) throw refusal;
  // An update at the end comes first where time is the same: it finds out that a gradient is not finite before anything moves.
  const isByLayer = ({ memory }: (typeof planned)[number]) => Number(memory.update === 'layers');
  planned.sort((a, b) => a.seconds - b.seconds || isByLayer(a) - isByLayer(b) || a.totalBytes - b.totalBytes);
  const fastest = planned[0]?.seconds ?? 1;
  let least = Number.POSITIVE_INFINITY;
  const candidates: PlanCandidate[] = [];
  for (const { seconds, ...candidate } of planned) {
    if (candidate.totalBytes > worthARow * least) continue;
    least = candidate.totalBytes;
    candidates.push({ ...candidate, relativeTime: seconds / fastest });
  }
  return { candidates, chosen: choose(candidates, budgetBytes) };
}

/** Where to go when the device has no room for a plan: each step saves at least a tenth, so that a full device is soon out of the way. */
export function leaner({ candidates }: PlanTable, from: PlanCandidate): readonly PlanCandidate[] {
  const steps: PlanCandidate[] = [];
  let last = from.totalBytes;
  for (const candidate of candidates) {
    if (candidate.totalBytes > 0.9 * last) continue;
    last = candidate.totalBytes;
    steps.push(candidate);
  }
  return steps;
}

function choose(candidates: readonly PlanCandidate[], budgetBytes: number | null): PlanCandidate | null {
  if (budgetBytes !== null) return candidates.find(({ fits }) => fits) ?? null;
  const exact = candidates.filter(
    ({ memory, relativeTime }) =>
      memory.storage === 'f32' && memory.update !== 'layers' && relativeTime <= nextToNothing,
  );
  return exact.at(-1) ?? candidates[0] ?? null;
}

/** The budget and its halves, down to one longest sequence. */
function budgets({ tokens, maxLength }: BatchCapacity): number[] {
  const found = [tokens];
  for (let half = Math.floor(tokens / 2); half > maxLength; half = Math.floor(half / 2)) found.push(half);
  if (tokens > maxLength) found.push(maxLength);
  return found;
}
