import { connect, type Remote } from '../rpc.ts';
import type { TrainerService } from './contract.ts';

/** Starts the trainer worker: one a tab, which owns the device and the runs. */
export function connectTrainer(): Remote<TrainerService> {
  return connect<TrainerService>(
    () =>
      new Worker(new URL('../../../workers/trainer.ts', import.meta.url), {
        type: 'module',
        name: 'trainer',
      }),
    {
      work: 'Training',
      lost: 'Steps since the last checkpoint are lost; the run itself is kept.',
      remedy: 'Resume the run. If it happens again, close other tabs, or choose a smaller token budget.',
    },
  );
}
