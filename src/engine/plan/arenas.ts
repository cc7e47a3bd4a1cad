import type { Lifetime } from './liveness.ts';

export interface Placement {
  readonly buffer: number;
  readonly offset: number;
}

export interface ArenaPlan {
  readonly placements: ReadonlyMap<number, Placement>;
  /** Bytes of each buffer. */
  readonly bufferBytes: readonly number[];
}

interface Placed extends Lifetime {
  readonly begin: number;
  readonly end: number;
}

/**
 * Gives every activation a place in as few bytes as a greedy search finds: largest first, each at the lowest address where
 * nothing alive at the same time lies. Addresses are cut into buffers of at most `maxBufferBytes`, which no tensor crosses, and none may be
 * larger than.
 */
export function planArenas(lives: readonly Lifetime[], maxBufferBytes: number): ArenaPlan {
  const placed: Placed[] = [];
  const placements = new Map<number, Placement>();
  const bufferBytes: number[] = [];
  const ordered = [...lives].sort(
    (a, b) => b.byteLength - a.byteLength || a.first - b.first || a.tensor.id - b.tensor.id,
  );
  for (const life of ordered) {
    const rivals = placed
      .filter((other) => other.first <= life.last && life.first <= other.last)
      .sort((a, b) => a.begin - b.begin);
    let begin = 0;
    for (const rival of rivals) {
      begin = fitInBuffer(begin, life.byteLength, maxBufferBytes);
      if (begin + life.byteLength <= rival.begin) break;
      begin = Math.max(begin, rival.end);
    }
    begin = fitInBuffer(begin, life.byteLength, maxBufferBytes);
    const end = begin + life.byteLength;
    placed.push({ ...life, begin, end });
    const buffer = Math.floor(begin / maxBufferBytes);
    const offset = begin - buffer * maxBufferBytes;
    placements.set(life.tensor.id, { buffer, offset });
    for (let i = bufferBytes.length; i <= buffer; i++) bufferBytes.push(0);
    bufferBytes[buffer] = Math.max(bufferBytes[buffer] ?? 0, offset + life.byteLength);
  }
  return { placements, bufferBytes };
}

/** The lowest address from `begin` on where a tensor does not cross the border of a buffer. */
function fitInBuffer(begin: number, bytes: number, maxBufferBytes: number): number {
  const room = maxBufferBytes - (begin % maxBufferBytes);
  return bytes <= room ? begin : begin + room;
}
