import { VerbenaError } from '../base/errors.ts';
import type { BatchCapacity, ModelDefinition } from './family.ts';
import type { RecurrenceOptions } from './recurrence.ts';

/** How a model reads longer texts within a capacity; null: in one piece. Throws `recurrence-unsupported`. */
export function recurrenceOf(
  { recurrence }: ModelDefinition,
  { maxLength, memoryLength = 0 }: BatchCapacity,
): RecurrenceOptions | null {
  if (memoryLength === 0) return null;
  if (!recurrence)
    throw new VerbenaError(
      'recurrence-unsupported',
      'This model cannot read a text segment by segment: its positions end where its table ends.',
      'Choose an XLNet model, or truncate long texts.',
    );
  return { maxLength, memoryLength: Math.min(memoryLength, maxLength), ...recurrence };
}
