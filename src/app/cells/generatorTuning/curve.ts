import { createStore } from 'zustand/vanilla';
import type { TuningStep } from '../../../services/decoder/contract.ts';

/** Updates of the tuning that is under way. */
export const curveStore = createStore<{ readonly steps: readonly TuningStep[] }>(() => ({ steps: [] }));
