import { describe, expect, it } from 'vitest';
import { random } from '../../../base/random.ts';
import { atOnce } from '../../../base/testing.ts';
import { classificationReport } from './evaluation.ts';
import { linearDefaults, openLinear, trainLinear, type LabelledTexts } from './linear.ts';
import { classLogOdds, classProbabilities } from './probabilities.ts';
import { holdOut, labelledTexts } from './rows.ts';
import { softmaxSteps } from './softmaxRegression.ts';

const texts = [
  'the soup was warm and salty',
  'a film about two brothers',
  'we cooked rice with beans',
  'the actor won a prize',
  'the weather is cold today',
  'it rained all the night',
  'bread and cheese for lunch',
  'the director cut the last scene',
  'snow fell on the hills',
];
const data: LabelledTexts = {
  labels: ['food', 'film', 'weather'],
  texts,
  classOf: Uint32Array.from([0, 1, 0, 1, 2, 2, 0, 1, 2]),
};
const asked = ['warm bread', 'the film scene', 'cold rain tonight', 'nothing known here'];

describe('the linear incubated classifier', () => {
  // scikit-learn 1.x: TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10), OneVsRestClassifier of it.
  it.each([
    [
      'joint',
      [
        [0.598108, 0.203135, 0.198757],
        [0.163838, 0.628201, 0.207961],
        [0.241048, 0.233146, 0.525805],
        [0.339368, 0.33444, 0.326192],
      ],
    ],
    [
      'independent',
      [
        [0.583519, 0.210616, 0.205864],
        [0.171731, 0.604489, 0.22378],
        [0.247642, 0.235374, 0.516984],
        [0.342003, 0.332888, 0.325109],
      ],
    ],
  ] as const)('agrees with scikit-learn, trained %s', async (training, expected) => {
    const model = await trainLinear(data, { ...linearDefaults, training });
    const margins = openLinear(model).margins(asked);
    classProbabilities(margins, 3, model.normalisation).forEach((p, i) =>
      expect(p).toBeCloseTo(expected.flat()[i] ?? 0, 4),
    );
  });

  it('takes two classes as one logistic regression, as scikit-learn does', async () => {
    const rows = Array.from(data.classOf.keys()).filter((row) => (data.classOf[row] ?? 0) < 2);
    const two = {
      labels: ['food', 'film'],
      texts: rows.map((row) => texts[row] ?? ''),
      classOf: Uint32Array.from(rows, (row) => data.classOf[row] ?? 0),
    };
    const [joint, independent] = [
      await trainLinear(two, linearDefaults),
      await trainLinear(two, { ...linearDefaults, training: 'independent' }),
    ];
    const of = (model: typeof joint) =>
      classProbabilities(openLinear(model).margins(asked), 2, model.normalisation);
    of(joint).forEach((p, i) => expect(p).toBeCloseTo(of(independent)[i] ?? 0, 4));
  });

  it('answers the same after it was stored', async () => {
    const model = await trainLinear(data, linearDefaults);
    const stored = structuredClone(model);
    expect(openLinear(stored).margins(asked)).toEqual(openLinear(model).margins(asked));
    expect(await trainLinear(data, linearDefaults)).toEqual(model);
  });

  it('keeps log-odds that probabilities of 0 and 1 have lost', () => {
    const margins = Float32Array.from([60, 0, -60]);
    const odds = classLogOdds(margins, 3, 'softmax');
    expect(classProbabilities(margins, 3, 'softmax')[0]).toBe(1);
    expect([...odds].map(Math.round)).toEqual([60, -60, -120]);
    const small = Float32Array.from([1, 2, 0.5]);
    const p = classProbabilities(small, 3, 'softmax');
    classLogOdds(small, 3, 'softmax').forEach((value, k) =>
      expect(1 / (1 + Math.exp(-value))).toBeCloseTo(p[k] ?? 0, 6),
    );
    expect(classLogOdds(small, 3, 'sigmoid')).toEqual(small);
  });

  it('scales one-against-rest to a sum of 1, also where every class is refused', () => {
    const p = classProbabilities(Float32Array.from([0, 0, 0, -200, -200, -200]), 3, 'sigmoid');
    expect([...p]).toEqual(Array.from({ length: 6 }, () => Math.fround(1 / 3)));
  });

  it('names what it cannot learn from', async () => {
    const train = (change: Partial<LabelledTexts>, spec = linearDefaults) =>
      trainLinear({ ...data, ...change }, spec);
    await expect(train({ labels: ['food'], classOf: new Uint32Array(9) })).rejects.toMatchObject({
      code: 'classifier-too-few-classes',
    });
    await expect(train({ labels: [...data.labels, 'other'] })).rejects.toMatchObject({
      code: 'classifier-empty-class',
    });
    await expect(train({ texts: texts.slice(1) })).rejects.toMatchObject({ code: 'classifier-shape' });
    await expect(train({ texts: texts.map(() => '?') })).rejects.toMatchObject({
      code: 'classifier-no-vocabulary',
    });
    const aborted = trainLinear(data, linearDefaults, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  });

  it('separates 2,000 rows of 20 classes to the tolerance', () => {
    const r = random(6);
    const [rows, classes, words] = [2000, 20, 400];
    const classOf = Uint32Array.from({ length: rows }, () => r.integer(classes));
    const columns = Uint32Array.from(
      { length: rows * 4 },
      (_, i) => (i % 4) * 100 + (r.next() < 0.7 ? (classOf[i >> 2] ?? 0) * 5 + r.integer(5) : r.integer(100)),
    );
    const x = {
      rowCount: rows,
      columnCount: words,
      offsets: Uint32Array.from({ length: rows + 1 }, (_, row) => row * 4),
      columns,
      values: new Float32Array(rows * 4).fill(0.5),
    };
    const fit = atOnce(softmaxSteps(x, classOf, classes, { c: 1 }));
    expect(fit).toMatchObject({ converged: true });
    expect(fit.iterations).toBeLessThan(20);

    // The optimum by its definition: the gradient, summed densely class by class, is nothing there (weights are 32 bits wide).
    const { weights, intercepts } = fit;
    const gradient = Float64Array.from(weights);
    const biases = new Float64Array(classes);
    for (let row = 0; row < rows; row++) {
      const own = columns.subarray(row * 4, row * 4 + 4);
      const exps = Array.from(intercepts, (b, k) =>
        Math.exp(own.reduce((sum, column) => sum + 0.5 * (weights[k * words + column] ?? 0), b)),
      );
      const total = exps.reduce((a, b) => a + b);
      exps.forEach((exp, k) => {
        const residual = exp / total - (k === classOf[row] ? 1 : 0);
        biases[k] = (biases[k] ?? 0) + residual;
        for (const column of own)
          gradient[k * words + column] = (gradient[k * words + column] ?? 0) + 0.5 * residual;
      });
    }
    expect(Math.max(...gradient.map(Math.abs), ...biases.map(Math.abs))).toBeLessThan(5e-4);
    expect(intercepts.reduce((a, b) => a + b)).toBeCloseTo(0, 4);
  });
});

describe('rows of a generated set', () => {
  const set = {
    instruction: '',
    labels: ['a', 'b'],
    samples: [
      ['one', 'two'],
      ['three', ' '],
      ['same', 'same'],
      ['four', 'five'],
    ],
  };

  it('leaves out blank texts, and texts of two classes', () => {
    const rows = labelledTexts(set);
    expect(rows.texts).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect([...rows.classOf]).toEqual([0, 1, 0, 0, 1]);
    expect(rows.dropped).toBe(3);
  });

  it('holds out whole objects, by the seed', () => {
    const { training, heldOut } = holdOut(set, 0.25, 1);
    expect([training.samples.length, heldOut.samples.length]).toEqual([3, 1]);
    expect([...training.samples, ...heldOut.samples].map(String).sort()).toEqual(
      set.samples.map(String).sort(),
    );
    expect(holdOut(set, 0.25, 1)).toEqual(holdOut(set, 0.25, 1));
    expect(holdOut({ ...set, samples: [['x', 'y']] }, 0.5, 1).heldOut.samples).toEqual([]);
  });
});

describe('the report', () => {
  it('agrees with a case worked by hand', () => {
    const p = Float32Array.from([0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.5, 0.5]);
    const report = classificationReport(['yes', 'no'], p, [0, 1, 1, 1]);
    expect(report.accuracy).toBe(0.5);
    expect(report.majority).toBe(0.75);
    expect([...report.confusion]).toEqual([1, 0, 2, 1]);
    expect(report.perClass).toEqual([
      { label: 'yes', support: 1, precision: 1 / 3, recall: 1, f1: 0.5 },
      { label: 'no', support: 3, precision: 1, recall: 1 / 3, f1: 0.5 },
    ]);
    expect(report.macroF1).toBe(0.5);
    expect(report.meanError).toBeCloseTo((0.1 + 0.2 + 0.6 + 0.5) / 4, 6);
  });
});
