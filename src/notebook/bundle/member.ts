import { throwIfAborted } from '../../base/progress.ts';

/** One file inside the zip. Texts are compressed; bytes are stored: weights do not shrink, and are read from where they lie. */
export interface Member {
  readonly path: string;
  readonly content: string | Blob;
  /** A blob of text: compressed where that shrinks it, and not so far that it would be taken for a bomb. */
  readonly isText?: boolean;
}

/** What a part of the notebook is, and so how it is read back. */
export const partKinds = [
  'set',
  'pairs',
  'classifier',
  'scores',
  'adapter',
  'run',
  'reference',
  'run-weights',
  'run-resume',
  'encoder',
  'encoder-resume',
  'data',
] as const;
export type PartKind = (typeof partKinds)[number];

/** Something that can go into the file, measured before it is asked for. */
export interface Offer {
  readonly kind: PartKind;
  readonly id: string;
  readonly name: string;
  /** Before compression. */
  readonly bytes: number;
  /** The notebook made it or names it; else it lies in this browser for another one. */
  readonly isOwn: boolean;
  members(): Promise<readonly Member[]>;
}

export const keyOf = ({ kind, id }: Pick<Offer, 'kind' | 'id'>): string => `${kind}/${id}`;

export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).byteLength;

export const contentBytes = (content: Member['content']): number =>
  typeof content === 'string' ? utf8Bytes(content) : content.size;

const blockBytes = 1 << 20;

/** A member's bytes, a block at a time. Throws `aborted`. */
export async function* chunksOf(
  content: Member['content'],
  signal?: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const blob = typeof content === 'string' ? new Blob([content]) : content;
  for (let at = 0; at < blob.size; at += blockBytes) {
    throwIfAborted(signal);
    yield new Uint8Array(await blob.slice(at, at + blockBytes).arrayBuffer());
  }
}

const sampledBytes = 256 << 10;
const mostShrinking = 40;

/** Whether a text is worth compressing, by what stands at its begin, middle and end. */
export async function isWorthDeflating(blob: Blob): Promise<boolean> {
  for (const share of [0, 0.5, 1]) {
    const from = Math.max(0, Math.floor((blob.size - sampledBytes) * share));
    const piece = blob.slice(from, from + sampledBytes);
    const packed = await new Response(
      piece.stream().pipeThrough(new CompressionStream('deflate-raw')),
    ).blob();
    const ratio = piece.size / Math.max(1, packed.size);
    if (ratio < 1.1 || ratio > mostShrinking) return false;
  }
  return true;
}

/** A name inside the zip that every system unpacks. */
export function pathName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
    .replaceAll(/^[-.]+|[-.]+$/gu, '')
    .slice(0, 60);
  return plain === '' ? 'unnamed' : plain;
}
