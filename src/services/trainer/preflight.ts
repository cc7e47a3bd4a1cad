import type { BatchCapacity } from '../../models/family.ts';
import type { PlannedMemory } from '../../models/trainable.ts';
import { capacityOf } from '../../training/batches.ts';
import { assertHyperparameters } from '../../training/hyperparameters.ts';
import type { Hyperparameters, MemoryReport } from './contract.ts';

/** Plans a model at a capacity, without allocating anything. */
export type MemoryPlanner = (
  capacity: BatchCapacity,
  h: Hyperparameters,
) => PlannedMemory | Promise<PlannedMemory>;

const mostSuggestions = 3;

/**
 * Planned bytes against what the device has, and changes that would need less: each is planned, not guessed. Where the
 * device does not say what it has (`availableBytes` null) everything is taken to fit and the suggestions are the next
 * smaller settings.
 */
export async function planMemoryReport(
  h: Hyperparameters,
  plan: MemoryPlanner,
  availableBytes: number | null,
): Promise<MemoryReport> {
  assertHyperparameters(h);
  const { totalBytes, byCategory } = await plan(capacityOf(h), h);
  const fits = availableBytes === null || totalBytes <= availableBytes;
  if (fits && availableBytes !== null)
    return { totalBytes, byCategory, availableBytes, fits, suggestions: [] };

  const smaller: { change: Partial<Hyperparameters>; label: string; totalBytes: number }[] = [];
  for (const { change, label } of candidates(h)) {
    const changed = { ...h, ...change };
    const bytes = (await plan(capacityOf(changed), changed)).totalBytes;
    if (bytes < totalBytes) smaller.push({ change, label, totalBytes: bytes });
  }
  const fitting = smaller.filter((s) => availableBytes === null || s.totalBytes <= availableBytes);
  // Where nothing fits, the smallest still says how far away this model is.
  const suggestions =
    fitting.length > 0
      ? fitting.slice(0, mostSuggestions)
      : smaller.sort((a, b) => a.totalBytes - b.totalBytes).slice(0, 1);
  return { totalBytes, byCategory, availableBytes, fits, suggestions };
}

/** Changes in the order in which a person would accept them: a smaller budget changes no result, a shorter text does. */
function candidates(h: Hyperparameters): { change: Partial<Hyperparameters>; label: string }[] {
  const out: { change: Partial<Hyperparameters>; label: string }[] = [];
  const add = (change: Partial<Hyperparameters>, label: string) => out.push({ change, label });
  const halves: number[] = [];
  for (let budget = Math.floor(h.budgetTokens / 2); budget > h.maxLength; budget = Math.floor(budget / 2))
    halves.push(budget);
  if (h.budgetTokens > h.maxLength) halves.push(h.maxLength);
  for (const budgetTokens of halves)
    add({ budgetTokens }, `Budget of ${budgetTokens} tokens: same result, more passes a step`);
  for (const maxLength of [256, 128, 64].filter((length) => length < h.maxLength))
    add(
      { maxLength, budgetTokens: Math.min(h.budgetTokens, maxLength) },
      `Texts cut at ${maxLength} tokens, one longest text a pass`,
    );
  return out;
}

/** Bytes that the CPU path can have: WebAssembly addresses 4 GiB, and the machine may have less. */
export function cpuAvailableBytes(deviceMemoryGiB: number | undefined): number {
  const addressable = 4 * 2 ** 30;
  // Three quarters: the page, the browser and the system want some of it.
  return deviceMemoryGiB === undefined
    ? addressable
    : Math.min(addressable, 0.75 * deviceMemoryGiB * 2 ** 30);
}
