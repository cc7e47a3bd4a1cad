import { useMemo } from 'react';
import { useStore } from 'zustand';
import { formatMinute } from '../../../notebook/format.ts';
import type { ModelChoice } from '../../../notebook/parameters.ts';
import type { TunedEncoder } from '../../../services/embedderTuner/contract.ts';
import { tuningStore } from './store.ts';

type TunedChoice = Extract<ModelChoice, { readonly kind: 'tuned' }>;

export interface TunedOption {
  readonly value: string;
  readonly label: string;
  readonly description: string;
  readonly choice: TunedChoice;
  /** Absent: the notebook names one that this browser does not keep. */
  readonly encoder?: TunedEncoder;
}

/** Tuned encoders as entries of a model list, the chosen one always among them. */
export function useTunedOptions(chosen: ModelChoice): readonly TunedOption[] {
  const encoders = useStore(tuningStore, (state) => state.encoders);
  return useMemo(() => {
    const usable = (encoders ?? []).filter(({ state, step }) => step > 0 && state !== 'running');
    const options = usable.map((encoder): TunedOption => ({
      value: tunedOptions.key(encoder.id),
      label: encoder.name,
      description: `Tuned here, ${formatMinute(encoder.createdAt)}.`,
      choice: { kind: 'tuned', id: encoder.id, name: encoder.name },
      encoder,
    }));
    if (chosen.kind !== 'tuned' || usable.some(({ id }) => id === chosen.id)) return options;
    const description = encoders ? 'Not kept in this browser.' : '';
    return [
      ...options,
      { value: tunedOptions.key(chosen.id), label: chosen.name, description, choice: chosen },
    ];
  }, [encoders, chosen]);
}

export const tunedOptions = {
  key: (id: string) => `tuned:${id}`,
  find: (options: readonly TunedOption[], key: string) => options.find(({ value }) => value === key),
};
