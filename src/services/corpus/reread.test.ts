import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { ContentHash } from '../../core/corpus/contentHash.ts';
import { BrokenSource } from '../../core/corpus/indexFile.ts';
import { randomPieces } from '../../core/corpus/testing.ts';
import { PositionLost, readWholeAgain, textAfter } from './reread.ts';

const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) % 251);
const positionAt = (byteOffset: number) => ({
  byteOffset,
  contentHash: new ContentHash().update(bytes.subarray(0, byteOffset)).state(),
});

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<number[]> {
  const all: number[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

describe('going back to a saved position', () => {
  it('gives what follows it, wherever the pieces fall, and says when it is reached', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const stream = random(seed);
      const at = [0, 1, 2999, 3000][seed] ?? stream.integer(3000);
      let reached = 0;
      const rest = await collected(
        textAfter(randomPieces(bytes, stream, 400), positionAt(at), () => reached++),
      );
      expect(rest).toEqual([...bytes.subarray(at)]);
      expect(reached).toBe(1);
    }
  });

  it('refuses a text that changed before the position or ends sooner, and takes one that changed after it', async () => {
    const changed = bytes.slice();
    changed[1200] = (changed[1200] as number) ^ 1;
    const after = (text: Uint8Array, at: number) =>
      collected(textAfter(randomPieces(text, random(1), 300), positionAt(at), () => undefined));
    await expect(after(changed, 2000)).rejects.toBeInstanceOf(PositionLost);
    await expect(after(bytes.subarray(0, 1999), 2000)).rejects.toBeInstanceOf(PositionLost);
    expect(await after(changed, 1200)).toEqual([...changed.subarray(1200)]);
  });

  it('knows a file that was read whole, also one that broke off, by its hash', async () => {
    const contentHash = new ContentHash().update(bytes).digest();
    const broken = async function* () {
      yield* randomPieces(bytes, random(2), 300);
      throw new BrokenSource('gzip-truncated', 'Ends too early.');
    };
    await readWholeAgain(randomPieces(bytes, random(3), 300), { contentHash });
    await readWholeAgain(broken(), { contentHash });
    const shorter = randomPieces(bytes.subarray(1), random(3), 300);
    await expect(readWholeAgain(shorter, { contentHash })).rejects.toBeInstanceOf(PositionLost);
  });
});
