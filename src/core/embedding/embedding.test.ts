import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import type { SparseMatrix } from '../baseline/sparse.ts';
import { symmetricEigen } from './eigen.ts';
import { lsaSteps } from './lsa.ts';
import { pool } from './pooling.ts';
import { applyPrompt, ownTemplate, promptTemplates } from './prompts.ts';
import { embedStatic, readStaticEmbedding } from './staticEmbedding.ts';
import { tfidfVectorSteps } from './tfidfVectors.ts';
import { cosine, normalise, sparseCosine, type Vectors } from './vectors.ts';

function drain<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
const vectors = (rows: number[][]): Vectors => ({
  count: rows.length,
  width: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
});

function sparse(rows: readonly (readonly number[])[]): SparseMatrix {
  const offsets = new Uint32Array(rows.length + 1);
  const cells = rows.flatMap((row, r) => {
    const kept = row.flatMap((value, column) => (value === 0 ? [] : [{ column, value }]));
    offsets[r + 1] = (offsets[r] as number) + kept.length;
    return kept;
  });
  return {
    rowCount: rows.length,
    columnCount: rows[0]?.length ?? 0,
    offsets,
    columns: Uint32Array.from(cells, ({ column }) => column),
    values: Float32Array.from(cells, ({ value }) => value),
  };
}

describe('vectors', () => {
  it('compare by angle, zero with nothing', () => {
    const a = vectors([
      [3, 4],
      [0, 0],
      [-6, -8],
    ]);
    expect(cosine(a, 0, a, 2)).toBe(-1);
    expect(cosine(a, 0, a, 1)).toBe(0);
    expect([...normalise(a).values]).toEqual(Array.from(Float32Array.of(0.6, 0.8, 0, 0, -0.6, -0.8)));
    expect(() => cosine(a, 0, vectors([[1, 2, 3]]), 0)).toThrowError(code('embedding-shape'));
  });

  it('compare sparse as dense', () => {
    const rows = [
      [1, 0, 2, 0],
      [0, 5, 1, 0],
      [0, 0, 0, 0],
    ];
    for (const [i, j] of [
      [0, 1],
      [1, 1],
      [0, 2],
    ] as const)
      expect(sparseCosine(sparse(rows), i, sparse(rows), j)).toBeCloseTo(
        cosine(vectors(rows), i, vectors(rows), j),
        12,
      );
  });
});

describe('pooling', () => {
  // Two texts, of three tokens and one.
  const last = Float32Array.of(1, 2, 3, 4, 5, 9, 7, 8);
  const states = { last, offsets: [0, 3, 4], width: 2 };

  it('takes what each name says', () => {
    const of = (...args: Parameters<typeof pool>) => [...pool(...args).values];
    expect(of(states, 'mean')).toEqual([3, 5, 7, 8]);
    expect(of(states, 'mean', Uint8Array.of(0, 0, 1, 1))).toEqual([2, 3, 7, 8]);
    expect(of(states, 'first')).toEqual([1, 2, 7, 8]);
    expect(of(states, 'last')).toEqual([5, 9, 7, 8]);
    expect(of({ ...states, beforeLast: last.map((x) => x + 2) }, 'last-two-layers')).toEqual([6, 10, 8, 9]);
  });

  it('refuses layers that are not there, and texts without tokens', () => {
    expect(() => pool(states, 'last-two-layers')).toThrowError(code('embedding-shape'));
    expect(() => pool({ ...states, offsets: [0, 0, 4] }, 'first')).toThrowError(code('embedding-empty'));
  });
});

describe('prompts', () => {
  it('stand around the text as it is, dollar signs and all', () => {
    const [pie] = promptTemplates;
    const text = applyPrompt(pie, 'Cost $& of {instruction}', true);
    expect(text).toContain('given the instruction below:\n\nCost $& of {instruction}.\n\nafter');
    for (const template of promptTemplates) expect(template.template.split('{instruction}')).toHaveLength(2);
  });

  it('close a text with a period unless it ends in one of four marks', () => {
    const none = ownTemplate('<{instruction}>');
    const closed = ['Stop', 'Stop.', 'Why?', 'Say "no"', 'Go!'].map((text) => applyPrompt(none, text, true));
    expect(closed).toEqual(['<Stop.>', '<Stop.>', '<Why?>', '<Say "no">', '<Go!.>']);
    expect(applyPrompt(none, 'Stop', false)).toBe('<Stop>');
    for (const wrong of ['no slot', '{instruction} and {instruction}'])
      expect(() => ownTemplate(wrong)).toThrowError(code('template-invalid'));
  });
});

describe('TF-IDF vectors', () => {
  it('know the words of the reference only, and say where there are none', () => {
    const options = { ngramMax: 1, minDocumentCount: 1, sublinearTf: false } as const;
    const { model, vectors: x } = drain(tfidfVectorSteps(['red fox', 'blue'], options, ['red fish']));
    expect(model.terms).toEqual(['fish', 'red']);
    expect([...x.offsets]).toEqual([0, 1, 1]);
    expect(() => drain(tfidfVectorSteps(['a', 'b'], options))).toThrowError(code('embedding-empty'));
  });
});

describe('LSA', () => {
  const r = random(4);
  // Rank 3 and a little noise, half of it zeros.
  const [left, right] = [30, 20].map((n) =>
    Array.from({ length: n }, () => [r.normal(), 0.5 * r.normal(), 0.2 * r.normal()]),
  );
  const rows = (left ?? []).map((u) =>
    (right ?? []).map((v) =>
      r.next() < 0.5 ? 0 : u.reduce((sum, x, i) => sum + x * (v[i] as number), 0) + 0.01 * r.normal(),
    ),
  );
  const x = sparse(rows);

  it('has the singular values of the matrix, by an exact way round', () => {
    const gram = Float64Array.from({ length: 400 }, (_, at) =>
      Array.from({ length: 30 }, (_, i) => i).reduce(
        (sum, i) =>
          sum + Math.fround(rows[i]?.[Math.floor(at / 20)] ?? 0) * Math.fround(rows[i]?.[at % 20] ?? 0),
        0,
      ),
    );
    const exact = symmetricEigen(gram, 20).values;
    const { singularValues, vectors: documents } = drain(lsaSteps(x, { rank: 5, seed: 1 }));
    singularValues.forEach((sigma, i) => expect(sigma).toBeCloseTo(Math.sqrt(exact[i] as number), 6));
    // Documents are U Σ: the length of column i is the singular value.
    for (let i = 0; i < 5; i++) {
      const square = Array.from({ length: 30 }, (_, row) => (documents.values[row * 5 + i] as number) ** 2);
      expect(Math.sqrt(square.reduce((a, b) => a + b, 0))).toBeCloseTo(singularValues[i] as number, 4);
    }
  });

  it('repeats with its seed, and gives nearly the same with another', () => {
    const run = (seed: number) => drain(lsaSteps(x, { rank: 3, seed })).vectors.values;
    expect(run(1)).toEqual(run(1));
    run(2).forEach((value, i) => expect(value).toBeCloseTo(run(1)[i] as number, 4));
  });

  it('has zeros where the matrix has no more directions, and refuses a rank that cannot be', () => {
    const flat = sparse([
      [1, 2],
      [2, 4],
      [3, 6],
    ]);
    const { singularValues, vectors: documents } = drain(lsaSteps(flat, { rank: 2, seed: 1 }));
    expect(singularValues[1]).toBeCloseTo(0, 6);
    expect(documents.values.every(Number.isFinite)).toBe(true);
    expect(() => drain(lsaSteps(flat, { rank: 3, seed: 1 }))).toThrowError(code('embedding-rank'));
  });
});

describe('a static embedding', () => {
  const file = (tensors: Record<string, { shape: number[]; values: number[] }>) => ({
    tensors: Object.entries(tensors).map(([name, { shape }]) => ({ name, shape })),
    read: (name: string) => Promise.resolve(Float32Array.from(tensors[name]?.values ?? [])),
    readF64: (name: string) => Promise.resolve(Float64Array.from(tensors[name]?.values ?? [])),
  });
  const embeddings = { shape: [3, 2], values: [1, 0, 0, 1, 4, 4] };

  it('averages weighted, mapped rows, and leaves unknown tokens out', async () => {
    const weights = { shape: [4], values: [1, 2, 1, 1] };
    const mapping = { shape: [4], values: [0, 1, 2, 0] };
    const model = await readStaticEmbedding(file({ embeddings, weights, mapping }), { normalize: false }, 2);
    expect([...drain(embedStatic(model, [[0, 1, 2], [2], [3, 99]])).values]).toEqual([0.5, 1, 0, 0, 1, 0]);
  });

  it('refuses a broken model by name', async () => {
    const refusal = (tensors: Parameters<typeof file>[0]) =>
      expect(readStaticEmbedding(file(tensors), {}, null)).rejects.toMatchObject({
        code: 'embedding-model-invalid',
      });
    await refusal({ vectors: embeddings });
    await refusal({ embeddings: { shape: [3, 2], values: [1, 0, 0, Number.NaN, 4, 4] } });
    await refusal({ embeddings, mapping: { shape: [1], values: [3] } });
    await refusal({ embeddings, weights: { shape: [2], values: [1, 1] } });
  });
});
