import { shapeError } from '../../errors.ts';
import type { Tensor } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { PaddedGroup } from '../../onnx/paddedSequences.ts';
import { attentionDropoutMask } from './dropoutMask.ts';
import type { AttentionOptions } from './options.ts';
import type { ForwardTensors, RelativeTensors } from './tensors.ts';

/** `s = 1 / sqrt(D)` is multiplied into the queries; sizes of a group: B sequences padded to S tokens. */
interface Sizes {
  readonly B: number;
  readonly S: number;
  /** Rows of the whole position table in front of those the group needs, and as many behind. */
  readonly margin: number;
}

/**
 * Attention of one padded group. Heads come first in every block, `[H, B·S, D]` or `[H, B, S, D]`: then both the product
 * with the position table, shared by all sequences, and those inside a sequence are batched products without a copy between them.
 * Each value is made once, when the forward or the backward op first asks for it.
 */
export class PaddedAttention {
  private readonly padded: PaddedGroup;
  private readonly scope: string;
  private readonly heads: number;
  private readonly headSize: number;

  constructor(
    private readonly tensors: ForwardTensors,
    private readonly emit: OnnxEmitter,
    private readonly options: AttentionOptions,
    group: number,
  ) {
    this.heads = options.heads;
    this.headSize = options.headSize;
    this.padded = new PaddedGroup(emit, tensors.blocks, group);
    // Both ops read the same inputs, which with the same salt no other attention does.
    const { r, biases, segmentEmbedding } = tensors.relative ?? {};
    const ids = [tensors.qkv, r, biases, segmentEmbedding].map((tensor) => tensor?.id ?? '');
    this.scope = `attention.${ids.join('.')}.${options.salt}.${group}`;
  }

  private get relative(): RelativeTensors {
    const { relative } = this.tensors;
    if (!relative)
      throw shapeError('attention', 'the absolute form has no position table, biases or segments');
    return relative;
  }

  private memo(key: string, make: () => string): string {
    return this.emit.memo(`${this.scope}.${key}`, make);
  }

  private reshape(x: string, sizes: string | readonly number[]): string {
    const shape = typeof sizes === 'string' ? sizes : this.emit.constant(sizes, [sizes.length], 'i64');
    return this.emit.emit('Reshape', [x, shape]);
  }

  /** A shape, or bounds of a slice, that depend on the micro-batch. */
  private sizes(key: string, make: (sizes: Sizes) => readonly number[]): string {
    const rank = make({ B: 1, S: 1, margin: 0 }).length;
    const label = `attention.${this.heads}x${this.headSize}.${key}`;
    return this.padded.host(label, 'i64', [rank], ({ count, length }, feed) => {
      const values = make({ B: count, S: length, margin: feed.dims.R / 2 - length });
      return { data: BigInt64Array.from(values, BigInt), shape: [values.length] };
    });
  }

  private slice(x: string, axis: number, start: string, end: string): string {
    return this.emit.emit('Slice', [x, start, end, this.emit.constant([axis], [1], 'i64')]);
  }

  private row(tensor: Tensor, i: number): string {
    const values = this.emit.emit('Gather', [this.emit.value(tensor), this.emit.constant([i], [], 'i64')], {
      axis: 0,
    });
    return this.reshape(values, [this.heads, 1, this.headSize]);
  }

  /** `[H, B·S, n]` -> `[H, B, S, n]`. */
  block(x: string, columns = this.headSize): string {
    return this.reshape(
      x,
      this.sizes(`block.${columns}`, ({ B, S }) => [this.heads, B, S, columns]),
    );
  }

  /** `[H, B, S, n]` -> `[H, B·S, n]`. */
  rows(x: string): string {
    return this.reshape(
      x,
      this.sizes('rows', ({ B, S }) => [this.heads, B * S, -1]),
    );
  }

  /** `[n, H·D]` -> `[H, n, D]`. */
  private headsFirst(x: string): string {
    return this.emit.emit('Transpose', [this.reshape(x, [-1, this.heads, this.headSize])], {
      perm: [1, 0, 2],
    });
  }

  /** `[H, n, D]` -> `[n, H·D]`. */
  headsLast(x: string, columns = this.headSize): string {
    return this.reshape(this.emit.emit('Transpose', [x], { perm: [1, 0, 2] }), [-1, this.heads * columns]);
  }

  /** q, k or v, `[H, B·S, D]`. */
  private part(i: number): string {
    const all = this.memo('qkv', () => {
      const split = this.reshape(this.padded.gather(this.emit.value(this.tensors.qkv)), [
        -1,
        3,
        this.heads,
        this.headSize,
      ]);
      return this.emit.emit('Transpose', [split], { perm: [1, 2, 0, 3] });
    });
    return this.memo(`part.${i}`, () =>
      this.emit.emit('Gather', [all, this.emit.constant([i], [], 'i64')], { axis: 0 }),
    );
  }

  /** `s (q + bias)`, `[H, B·S, D]`; bias 0 is u (content), 1 w (position), 2 b (segment); `s q` in the absolute form. */
  query(bias: number): string {
    const { emit } = this;
    const scale = emit.constant([1 / Math.sqrt(this.headSize)], [], 'f32');
    const q = this.memo('q', () => emit.emit('Mul', [this.part(0), scale]));
    if (!this.tensors.relative) return q;
    return this.memo(`query.${bias}`, () =>
      emit.emit('Add', [q, emit.emit('Mul', [this.row(this.relative.biases, bias), scale])]),
    );
  }

  /** `[H, B, S, D]` */
  k(): string {
    return this.memo('k', () => this.block(this.part(1)));
  }

  /** `[H, B, S, D]` */
  v(): string {
    return this.memo('v', () => this.block(this.part(2)));
  }

  /** `[H, 2 S, D]`: row c is distance `S - c`, cut out of the table that reaches as far as the longest group. */
  r(): string {
    return this.memo('r', () => {
      const start = this.sizes('distances.start', ({ margin }) => [margin]);
      const end = this.sizes('distances.end', ({ S, margin }) => [margin + 2 * S]);
      return this.headsFirst(this.slice(this.emit.value(this.relative.r), 0, start, end));
    });
  }

  /** The transposed of the cut in `r`: `[2 S, W]` -> `[R, W]`. */
  allDistances(x: string): string {
    return this.emit.emit('Pad', [x, this.sizes('distances.pad', ({ margin }) => [margin, 0, margin, 0])]);
  }

  private segmentSame(): string {
    return this.memo('segment.same', () => this.row(this.relative.segmentEmbedding, 0));
  }

  /** `e_differing - e_same`, `[H, 1, D]`. */
  segmentDifference(): string {
    return this.memo('segment.difference', () =>
      this.emit.emit('Sub', [this.row(this.relative.segmentEmbedding, 1), this.segmentSame()]),
    );
  }

  segmentsDiffer(): string {
    return this.padded.segmentsDiffer(this.relative.segments);
  }

  /** `a_ij`, `[H, B, S, S]`, very low where j is hidden from i. */
  scores(): string {
    return this.memo('scores', () => {
      const { emit } = this;
      const add = (a: string, b: string) => emit.emit('Add', [a, b]);
      const dot = (a: string, b: string, perm: readonly number[]) =>
        emit.emit('MatMul', [a, emit.emit('Transpose', [b], { perm })]);
      const content = dot(this.block(this.query(0)), this.k(), [0, 1, 3, 2]);
      const { relative } = this.options;
      let scores = relative
        ? add(content, this.shifted(this.directed(dot(this.query(1), this.r(), [0, 2, 1]))))
        : content;
      if (relative?.segments) {
        const segmentScore = (e: string) => this.block(dot(this.query(2), e, [0, 2, 1]), 1);
        const differing = emit.emit('Mul', [segmentScore(this.segmentDifference()), this.segmentsDiffer()]);
        scores = add(scores, add(differing, segmentScore(this.segmentSame())));
      }
      return add(scores, this.padded.maskBias(this.options.causal, this.options.relative?.sameLength));
    });
  }

  /** `p_ij`, `[H, B, S, S]` */
  probabilities(): string {
    return this.memo('probabilities', () => this.emit.emit('Softmax', [this.scores()], { axis: -1 }));
  }

  /** `c_ij`, `[H, B, S, S]` */
  dropoutMask(): string {
    const { heads, options } = this;
    return this.padded.host(
      `dropout.${options.salt}`,
      'f32',
      [heads, 'B', 'S', 'S'],
      (group, feed) => ({
        data: attentionDropoutMask(group, feed.seed, options),
        shape: [heads, group.count, group.length, group.length],
      }),
      heads,
    );
  }

  /** `p_ij c_ij`, `[H, B, S, S]` */
  dropped(): string {
    if (this.options.rate === 0) return this.probabilities();
    return this.memo('dropped', () => this.emit.emit('Mul', [this.probabilities(), this.dropoutMask()]));
  }

  /**
   * `[H, B·S, 2 S]` by distance: in sequences with reversed distances, the columns of m and -m change places (column 0, distance S,
   * belongs to no pair). Its own transposed, so that it serves gradients too.
   */
  directed(x: string): string {
    if (!this.options.relative?.reversible) return x;
    const { emit, padded } = this;
    const mirror = padded.host('mirror', 'i32', ['2S'], ({ length }) => ({
      data: Int32Array.from({ length: 2 * length }, (_, c) => (c === 0 ? 0 : 2 * length - c)),
      shape: [2 * length],
    }));
    const share = (name: string, of: (reversed: boolean) => boolean) =>
      padded.host(name, 'f32', ['BS', 1], ({ sequences, count, length }) => {
        const data = new Float32Array(count * length);
        sequences.forEach(({ reversed = false }, b) => {
          if (of(reversed)) data.fill(1, b * length, (b + 1) * length);
        });
        return { data, shape: [data.length, 1] };
      });
    return emit.emit('Add', [
      emit.emit('Mul', [x, share('forwards', (reversed) => !reversed)]),
      emit.emit('Mul', [
        emit.emit('Gather', [x, mirror], { axis: 2 }),
        share('backwards', (reversed) => reversed),
      ]),
    ]);
  }

  /**
   * `[H, B·S, 2 S]` by distance -> `[H, B, S, S]` by key. Column c is distance S - c, so (i, j) wants column S - i + j of its row:
   * element `i·2S + S - i + j = i·(2S - 1) + S + j` of the flat sequence. Cutting S elements off the front and reading rows of
   * 2S - 1 puts j in column j.
   */
  private shifted(x: string): string {
    const flat = this.reshape(
      x,
      this.sizes('flat', ({ B, S }) => [this.heads * B, 2 * S * S]),
    );
    const tail = this.slice(
      flat,
      1,
      this.sizes('S', ({ S }) => [S]),
      this.sizes('2SS', ({ S }) => [2 * S * S]),
    );
    const skewed = this.reshape(
      tail,
      this.sizes('skewed', ({ B, S }) => [this.heads, B, S, 2 * S - 1]),
    );
    return this.slice(
      skewed,
      3,
      this.emit.constant([0], [1], 'i64'),
      this.sizes('S', ({ S }) => [S]),
    );
  }

  /** The transposed of `shifted`: `[H, B, S, S]` -> `[H, B·S, 2 S]`, zero at distances that a row has no key for. */
  unshifted(x: string): string {
    const wide = this.emit.emit('Pad', [
      x,
      this.sizes('padColumns', ({ S }) => [0, 0, 0, 0, 0, 0, 0, S - 1]),
    ]);
    const flat = this.reshape(
      wide,
      this.sizes('skewedFlat', ({ B, S }) => [this.heads * B, S * (2 * S - 1)]),
    );
    const full = this.emit.emit('Pad', [flat, this.sizes('padFront', ({ S }) => [0, S, 0, 0])]);
    return this.reshape(
      full,
      this.sizes('byDistance', ({ B, S }) => [this.heads, B * S, 2 * S]),
    );
  }

  /** A packed gradient `[T, H·D]` -> `[H, B, S, D]`, zero behind a sequence's end. */
  fromPacked(tensor: Tensor): string {
    return this.block(this.headsFirst(this.padded.gatherZeroed(this.emit.value(tensor))));
  }
}
