import { createStore } from 'zustand/vanilla';
import type { ErrorWire } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import type { DecoderInfo, Tuned, TuningStep } from '../../../services/decoder/contract.ts';

/** What tuning the generator has come to. */
export interface TuningResult {
  readonly setId: string;
  readonly objects: number;
  readonly tuned: Tuned;
  /** Replies to the same prompt with the same seeds, free of constraints: what the model itself has learned. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface TuningState {
  readonly running: { readonly progress: Progress; readonly stop: () => void } | null;
  readonly steps: readonly TuningStep[];
  readonly result: TuningResult | null;
  readonly info: DecoderInfo | null;
  readonly error: ErrorWire | null;
}

export const tuningStore = createStore<TuningState>(() => ({
  running: null,
  steps: [],
  result: null,
  info: null,
  error: null,
}));
