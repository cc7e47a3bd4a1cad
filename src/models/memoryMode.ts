import type { MemoryChoices } from '../engine/plan/choices.ts';

/** How a run spends memory: choices by name, or the fastest plan that fits the device. */
export type MemoryMode = 'auto' | MemoryChoices;

export const recomputeChoices = ['nothing', 'activations', 'layers'] as const;
export const storageChoices = ['f32', 'f16'] as const;
export const updateChoices = ['end', 'layers'] as const;

export function isMemoryMode(value: unknown): value is MemoryMode {
  if (value === 'auto') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { recompute, storage, update = 'end' } = value as Record<string, unknown>;
  return (
    recomputeChoices.some((known) => known === recompute) &&
    storageChoices.some((known) => known === storage) &&
    updateChoices.some((known) => known === update)
  );
}

/** A choice in words, for tables and messages. */
export function memoryWords({ recompute, storage, update }: MemoryChoices): string {
  const words = {
    nothing: 'Keep everything',
    activations: 'Recompute activations',
    layers: 'Recompute layers',
  } as const;
  return `${words[recompute]}${storage === 'f16' ? ', half storage' : ''}${update === 'layers' ? ', update by layer' : ''}`;
}
