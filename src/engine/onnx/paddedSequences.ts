import { sizeIn, type Dims, type Tensor } from '../graph/types.ts';
import type { Feed } from '../session.ts';
import type { HostValue, OnnxDType, OnnxEmitter } from './emitter.ts';

/** Where one packed sequence lies: tokens `[start, end)`. */
export interface Sequence {
  readonly start: number;
  readonly end: number;
  /** Relative distances count backwards. */
  readonly reversed?: boolean;
  /** Of its rows, how many in front are memory. */
  readonly memory?: number;
}

/** Sequences that are padded to one length. */
export interface SequenceGroup {
  readonly sequences: readonly Sequence[];
  /** Rows of the padded block: at least 1, so that no tensor is empty. */
  readonly count: number;
  readonly length: number;
}

/** The long and the short sequences of a micro-batch are padded apart: one long text among titles would square the cost of all. */
export const groupCount = 2;

/** The sequences of a micro-batch in order, from its attention row blocks `[K, 4]` (first row, sequence start, end, reversed), or `[K, 5]` with its first own row. */
export function sequencesOf(feed: Feed, blocks: Tensor): Sequence[] {
  const data = feed.tensors.get(blocks.name) ?? new Uint32Array(0);
  const sequences: Sequence[] = [];
  const fields = Number(blocks.shape[1]);
  for (let k = 0; k + fields <= data.length; k += fields) {
    const last = sequences.at(-1);
    const [start, end] = [data[k + 1] as number, data[k + 2] as number];
    if (last?.start === start) continue;
    const memory = fields > 4 ? { memory: (data[k + 4] as number) - start } : {};
    sequences.push({ start, end, reversed: data[k + 3] === 1, ...memory });
  }
  return sequences;
}

/** Of one row of a padded block: pairs dominate, but each row costs something by itself. */
const rowCost = 16;
/** A second group repeats every operator of attention, so a small gain is none. */
const worthSplitting = 0.8;

/** Sorts by length, long ones first, and cuts where the padded blocks cost least; the second group may be empty. */
export function groupSequences(sequences: readonly Sequence[]): readonly SequenceGroup[] {
  const sorted = sequences.toSorted((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const lengthAt = (i: number) => (sorted[i] ? sorted[i].end - sorted[i].start : 0);
  const cost = (count: number, length: number) => count * length * (length + rowCost);
  let cut = sorted.length;
  let best = worthSplitting * cost(sorted.length, lengthAt(0));
  for (let i = 1; i < sorted.length; i++) {
    const both = cost(i, lengthAt(0)) + cost(sorted.length - i, lengthAt(i));
    if (both < best) {
      best = both;
      cut = i;
    }
  }
  return [sorted.slice(0, cut), sorted.slice(cut)].map((members) => ({
    sequences: members,
    count: Math.max(1, members.length),
    length: Math.max(1, ...members.slice(0, 1).map(({ start, end }) => end - start)),
  }));
}

/**
 * One group of packed sequences as a padded block `[B, S, ...]`, `B` sequences of length `S`: the layout in which ONNX can batch
 * attention. Gradients of padded rows must be zero: `gatherZeroed`.
 */
export class PaddedGroup {
  readonly name: string;

  constructor(
    private readonly emit: OnnxEmitter,
    blocks: Tensor,
    private readonly group: number,
  ) {
    this.name = `padded.${blocks.name}.${group}`;
    this.of = (feed) => groupSequences(sequencesOf(feed, blocks))[group] as SequenceGroup;
  }

  /** The group of a micro-batch. */
  readonly of: (feed: Feed) => SequenceGroup;

  /** A value the host computes for the group's padded block; `elementsPerPair` of query and key, for the memory plan. */
  host(
    key: string,
    dtype: OnnxDType,
    shape: readonly (number | string)[],
    compute: (group: SequenceGroup, feed: Feed) => HostValue,
    elementsPerPair = 0,
  ): string {
    // Sequences of like length fill their padded blocks, which all but one group then leave nearly empty.
    const elementsAt = ({ T, R, N = T }: Dims) => (this.group === 0 ? (elementsPerPair * N * R) / 2 : 0);
    // The runtime reuses buffers between values whose sizes bear one name: each group needs names of its own.
    const named = shape.map((dim) => (typeof dim === 'number' ? dim : `${this.name}.${dim}`));
    return this.emit.host(
      `${this.name}.${key}`,
      dtype,
      named,
      (feed) => compute(this.of(feed), feed),
      elementsAt,
    );
  }

  /** Rows of a packed `[T, ...]` tensor, `[B·S, ...]`; what lies behind a sequence's end repeats its last row. */
  gather(packed: string): string {
    const rows = this.host('rows', 'i32', ['BS'], ({ sequences, count, length }) => {
      const data = new Int32Array(count * length);
      sequences.forEach(({ start, end }, b) => {
        for (let i = 0; i < length; i++) data[b * length + i] = Math.min(start + i, end - 1);
      });
      return { data, shape: [data.length] };
    });
    return this.emit.emit('Gather', [packed, rows], { axis: 0 });
  }

  /** As `gather`, with zeros behind a sequence's end. */
  gatherZeroed(packed: string): string {
    const isReal = this.host('isReal', 'f32', ['BS', 1], ({ sequences, count, length }) => {
      const data = new Float32Array(count * length);
      sequences.forEach(({ start, end }, b) => data.fill(1, b * length, b * length + end - start));
      return { data, shape: [data.length, 1] };
    });
    return this.emit.emit('Mul', [this.gather(packed), isReal]);
  }

  /**
   * `[B, S, S]`: 0 where query i may see key j, else a number so low that its softmax is 0. Under `sameLength` a query sees itself and as
   * many keys before as the sequence has rows of memory. Rows of memory are queries here too, whose answers nobody reads.
   */
  maskBias(causal: boolean, sameLength = false): string {
    return this.host(
      `mask.${sameLength ? 'sameLength' : causal ? 'causal' : 'full'}`,
      'f32',
      ['B', 'S', 'S'],
      ({ sequences, count, length }) => {
        // Finite, so that a row which sees nothing stays finite too.
        const data = new Float32Array(count * length * length).fill(-1e30);
        sequences.forEach(({ start, end, memory = 0 }, b) => {
          for (let i = 0; i < length; i++) {
            const row = (b * length + i) * length;
            const last = causal || sameLength ? Math.min(i + 1, end - start) : end - start;
            data.fill(0, row + (sameLength ? Math.max(0, last - 1 - memory) : 0), row + last);
          }
        });
        return { data, shape: [count, length, length] };
      },
      1,
    );
  }

  /** `[B, S, S]`: 1 where the segments of i and j differ, 0 in padding. */
  segmentsDiffer(segments: Tensor): string {
    return this.host(
      `segmentsDiffer.${segments.name}`,
      'f32',
      ['B', 'S', 'S'],
      ({ sequences, count, length }, feed) => {
        const ids = feed.tensors.get(segments.name) ?? new Int32Array(0);
        const data = new Float32Array(count * length * length);
        sequences.forEach(({ start, end }, b) => {
          for (let i = 0; i < end - start; i++) {
            const row = (b * length + i) * length;
            for (let j = 0; j < end - start; j++) if (ids[start + i] !== ids[start + j]) data[row + j] = 1;
          }
        });
        return { data, shape: [count, length, length] };
      },
      1,
    );
  }
}

/** The padded blocks of all groups, each `[B·S, ...]`, back to packed `[T, ...]`, under a memory `[N, ...]`. */
export function unpadded(emit: OnnxEmitter, blocks: Tensor, padded: readonly string[]): string {
  const rows = blocks.shape[1] === 5 ? 'N' : 'T';
  const positions = emit.host(`padded.${blocks.name}.positions`, 'i32', [rows], (feed) => {
    const data = new Int32Array(sizeIn(rows, feed.dims));
    let base = 0;
    for (const { sequences, count, length } of groupSequences(sequencesOf(feed, blocks))) {
      sequences.forEach(({ start, end }, b) => {
        for (let t = start; t < end; t++) data[t] = base + b * length + t - start;
      });
      base += count * length;
    }
    return { data, shape: [data.length] };
  });
  return emit.emit('Gather', [emit.emit('Concat', padded, { axis: 0 }), positions], { axis: 0 });
}
