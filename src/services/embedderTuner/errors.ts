import { VerbenaError } from '../../base/errors.ts';
import type { Refusals } from '../storage/ownership.ts';

export class TuningError extends VerbenaError<
  | 'tuning-not-found'
  | 'tuning-finished'
  | 'tuning-not-active'
  | 'tuning-busy'
  | 'tuning-owned-elsewhere'
  | 'tuning-damaged'
> {}

const busy = (id: string) =>
  new TuningError('tuning-busy', 'A tuning is under way.', 'Stop it, or wait for its end.', { id });

export const tuningRefusals: Refusals = {
  notActive: (id) =>
    new TuningError('tuning-not-active', 'This tuning is not under way here.', 'Continue it first.', { id }),
  busy,
  active: busy,
  elsewhere: (id, remedy) =>
    new TuningError('tuning-owned-elsewhere', 'This encoder is being tuned in another tab.', remedy, { id }),
};
