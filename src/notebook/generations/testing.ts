import { noUsage, type GenerationRecord } from './types.ts';

/** The record of a set without replies. */
export const recordOf = (id: string, more: Partial<GenerationRecord> = {}): GenerationRecord => ({
  id,
  instruction: `Tell ${id}`,
  labels: null,
  source: { kind: 'pasted' },
  createdAt: '2026-11-21T12:00:00.000Z',
  settings: {},
  replyCount: 0,
  usage: noUsage,
  ...more,
});
