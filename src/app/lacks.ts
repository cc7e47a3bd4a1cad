// What a button waits for, in words: one wording in every cell.

export const lacksData = 'Open data in the Data cell first.';

/** What stands in the way of work on kept records; null: nothing. */
export function lacksRecords(hasData: boolean, keptRecords: number): string | null {
  if (!hasData) return lacksData;
  return keptRecords === 0 ? 'No label is kept: lower the threshold in the Labels cell.' : null;
}
