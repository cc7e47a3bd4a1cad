import { VerbenaError } from '../../base/errors.ts';
import type { PlanTable } from '../../models/choosePlan.ts';
import type { BatchCapacity } from '../../models/family.ts';
import type { PlannedMemory } from '../../models/trainable.ts';
import { capacityOf } from '../../training/batches.ts';
import { assertHyperparameters, longestPiece } from '../../training/hyperparameters.ts';
import type { Hyperparameters, MemoryReport, PlanRow } from './contract.ts';
import { TrainerError } from './errors.ts';

/** A plan, and the table that it was chosen from where memory is `auto`. */
export interface PlannedRun extends PlannedMemory {
  readonly plans?: readonly PlanRow[];
}

/** Plans a model at a capacity, without allocating anything. `budgetBytes`: what `auto` may fill, null where nobody knows. */
export type MemoryPlanner = (
  capacity: BatchCapacity,
  h: Hyperparameters,
  budgetBytes: number | null,
) => PlannedRun | Promise<PlannedRun>;

/** What a run with memory `auto` would take, with the whole table; the leanest where nothing fits. */
export function plannedByTable({ candidates, chosen }: PlanTable): PlannedRun {
  const taken = chosen ?? candidates.at(-1);
  if (!taken) throw new TrainerError('out-of-memory', 'No plan could be made.', 'Use a smaller model.');
  return {
    totalBytes: taken.totalBytes,
    byCategory: taken.byCategory,
    plans: candidates.map((candidate) => ({
      memory: candidate.memory,
      budgetTokens: candidate.capacity.tokens,
      totalBytes: candidate.totalBytes,
      relativeTime: candidate.relativeTime,
      fits: candidate.fits,
      isTaken: candidate === taken,
    })),
  };
}

/** What is known of the memory in which a model would live. */
export type DeviceMemory = Pick<MemoryReport, 'availableBytes' | 'largestBufferBytes' | 'machineBytes'>;

const mostSuggestions = 3;

/**
 * Planned bytes against what the device has, and changes that would need less: each is planned, not guessed. Where the
 * device does not say what it has (`availableBytes` null) nothing is refused here: allocation is tried before training starts,
 * and the suggestions are the next smaller settings. Throws `limit-too-small` where a single tensor is larger than the device's
 * largest buffer, with a setting under which none is, where there is one. `stepTokens`: of the longest step, null where that is not known
 * yet; where it does not fit one pass, `auto` leaves updates by layer out, and throws `step-beyond-pass` where they were chosen.
 */
export async function planMemoryReport(
  h: Hyperparameters,
  plan: MemoryPlanner,
  memory: DeviceMemory,
  stepTokens: number | null = null,
): Promise<MemoryReport> {
  assertHyperparameters(h);
  assertOnePass(h, stepTokens);
  const { availableBytes, machineBytes } = memory;
  const { totalBytes, byCategory, plans } = await planOrSuggest(
    h,
    plan,
    availableBytes ?? machineBytes,
    stepTokens,
  );
  const report = { totalBytes, byCategory, ...memory, ...(plans ? { plans } : {}) };
  if (availableBytes !== null && totalBytes <= availableBytes)
    return { ...report, verdict: 'fits', fits: true, suggestions: [] };
  const fits = availableBytes === null;
  const isDoubtful = machineBytes !== null && totalBytes > machineBytes;

  // `auto` goes on to the next leaner plan by itself where nobody can tell what fits.
  const smaller = (plans && fits ? [] : await plannedCandidates(h, plan)).filter(
    (s) => s.totalBytes < totalBytes,
  );
  const fitting = smaller.filter((s) => availableBytes === null || s.totalBytes <= availableBytes);
  // Where nothing fits, the smallest still says how far away this model is.
  const suggestions =
    fitting.length > 0
      ? fitting.slice(0, mostSuggestions)
      : smaller.sort((a, b) => a.totalBytes - b.totalBytes).slice(0, 1);
  const verdict = !fits ? 'does-not-fit' : isDoubtful ? 'doubtful' : 'tried-at-start';
  return { ...report, verdict, fits, suggestions };
}

/** An update by layer has no gradients to add up: a step is one pass. Throws `step-beyond-pass`. */
function assertOnePass(
  { memory, budgetTokens, batchSize }: Hyperparameters,
  stepTokens: number | null,
): void {
  const isByLayer = memory !== undefined && memory !== 'auto' && memory.update === 'layers';
  if (!isByLayer || stepTokens === null || stepTokens <= budgetTokens) return;
  throw new TrainerError(
    'step-beyond-pass',
    `Updating by layer takes every step in one pass; the ${batchSize} longest training texts have ${stepTokens} tokens, the token budget is ${budgetTokens}.`,
    `Raise the token budget to ${stepTokens}, lower the batch size, or update at the end of the step.`,
    { stepTokens, budgetTokens },
  );
}

type Suggestion = MemoryReport['suggestions'][number];

/** Every change that can be planned on this device, in the order of `candidates`. */
async function plannedCandidates(h: Hyperparameters, plan: MemoryPlanner): Promise<Suggestion[]> {
  const planned: Suggestion[] = [];
  for (const { change, label } of candidates(h)) {
    const changed = { ...h, ...change };
    try {
      const { totalBytes } = await plan(capacityOf(changed), changed, null);
      planned.push({ change, label, totalBytes });
    } catch (error) {
      if (!isLimit(error)) throw error;
    }
  }
  return planned;
}

/** The plan; where a tensor of it exceeds the device's limits, the error says what would not. */
async function planOrSuggest(
  h: Hyperparameters,
  plan: MemoryPlanner,
  budgetBytes: number | null,
  stepTokens: number | null,
): Promise<PlannedRun> {
  try {
    return await plan({ ...capacityOf(h), ...(stepTokens !== null && { stepTokens }) }, h, budgetBytes);
  } catch (error) {
    if (!isLimit(error)) throw error;
    const [best] = await plannedCandidates(h, plan);
    if (!best) throw error;
    throw new TrainerError('limit-too-small', error.message, `${best.label}.`, { ...error.details }, error);
  }
}

function isLimit(error: unknown): error is VerbenaError {
  return error instanceof VerbenaError && error.code === 'limit-too-small';
}

/** Changes in the order in which a person would accept them: a smaller budget changes no result, a shorter text does. */
function candidates(h: Hyperparameters): { change: Partial<Hyperparameters>; label: string }[] {
  const out: { change: Partial<Hyperparameters>; label: string }[] = [];
  const add = (change: Partial<Hyperparameters>, label: string) => out.push({ change, label });
  const halves: number[] = [];
  const longest = longestPiece(h);
  for (let budget = Math.floor(h.budgetTokens / 2); budget > longest; budget = Math.floor(budget / 2))
    halves.push(budget);
  if (h.budgetTokens > longest) halves.push(longest);
  for (const budgetTokens of halves)
    add({ budgetTokens }, `Budget of ${budgetTokens} tokens: same result, more passes a step`);
  const shorter = [256, 128, 64].filter((length) => length < longest);
  if (longest < h.maxLength) {
    for (const segmentLength of shorter)
      add(
        { segmentLength, budgetTokens: Math.min(h.budgetTokens, segmentLength) },
        `Segments of ${segmentLength} tokens, one a pass`,
      );
    return out;
  }
  for (const maxLength of shorter)
    add(
      { maxLength, budgetTokens: Math.min(h.budgetTokens, maxLength) },
      `Texts cut at ${maxLength} tokens, one longest text a pass`,
    );
  return out;
}

/**
 * An upper bound of the main memory from `navigator.deviceMemory`, which is rounded to a power of two and capped (at 8 in older
 * browsers, higher in newer): nothing is known from 8 on. Most graphics adapters without memory of their own use part of it.
 */
export function machineBytesAtMost(deviceMemoryGiB: number | undefined): number | null {
  return deviceMemoryGiB === undefined || deviceMemoryGiB >= 8 ? null : 1.5 * deviceMemoryGiB * 2 ** 30;
}

/** Bytes that the CPU path can have: WebAssembly addresses 4 GiB, and the machine may have less. */
export function cpuAvailableBytes(deviceMemoryGiB: number | undefined): number {
  const addressable = 4 * 2 ** 30;
  // Three quarters: the page, the browser and the system want some of it.
  return deviceMemoryGiB === undefined
    ? addressable
    : Math.min(addressable, 0.75 * deviceMemoryGiB * 2 ** 30);
}
