import { ContentHash } from '../../core/corpus/contentHash.ts';
import { BrokenSource, type FilePosition, type IndexedFile } from '../../core/corpus/indexFile.ts';

// Compressed and UTF-16 files cannot be sought in: to go on from a saved position their text is decoded again from its
// begin, and passed over up to there. That takes no parsing, and on the way proves that it is the text that was indexed.

/** The text is not the one that was indexed, so what was saved of it is worthless. */
export class PositionLost extends Error {}

/**
 * What follows `position` in a text that is read from its begin; `onReached` is called once the position is. Throws
 * `PositionLost` where the text before it has changed or ends sooner.
 */
export async function* textAfter(
  chunks: AsyncIterable<Uint8Array>,
  { byteOffset, contentHash }: Pick<FilePosition, 'byteOffset' | 'contentHash'>,
  onReached: () => void,
): AsyncGenerator<Uint8Array> {
  const expected = ContentHash.fromState(contentHash).digest();
  const hash = new ContentHash();
  let at = 0;
  let isReached = false;
  const reach = () => {
    if (hash.digest() !== expected) throw new PositionLost(`Other text before byte ${byteOffset}.`);
    isReached = true;
    onReached();
  };
  for await (const chunk of chunks) {
    if (!isReached) {
      const skipped = chunk.subarray(0, byteOffset - at);
      hash.update(skipped);
      at += skipped.length;
      if (at < byteOffset) continue;
      reach();
      if (skipped.length === chunk.length) continue;
      yield chunk.subarray(skipped.length);
    } else yield chunk;
  }
  if (!isReached) throw new PositionLost(`The text ends before byte ${byteOffset}.`);
}

/** Reads a text that was indexed whole once more. Throws `PositionLost` where it has changed. */
export async function readWholeAgain(
  chunks: AsyncIterable<Uint8Array>,
  { contentHash }: Pick<IndexedFile, 'contentHash'>,
): Promise<void> {
  const hash = new ContentHash();
  try {
    for await (const chunk of chunks) hash.update(chunk);
  } catch (error) {
    // Broke off the first time too, at the same byte, or else the hash tells.
    if (!(error instanceof BrokenSource)) throw error;
  }
  if (hash.digest() !== contentHash) throw new PositionLost('The text has changed.');
}
