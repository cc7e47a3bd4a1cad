import { describe, expect, it } from 'vitest';
import { createJsonConstraint, createTokenMasker } from '../../core/incubator/jsonConstraint.ts';
import { random } from '../../base/random.ts';
import { createSampler } from './sampler.ts';

const scores = Float32Array.from([0, 1, 2, 3]);
const open = { temperature: 1, topP: 1, minP: 0 };

function shares(options: Partial<typeof open>, draws = 20_000): number[] {
  const sampler = createSampler({ ...open, ...options, seed: 3 }, null);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const token = sampler.draw(scores);
    counts[token] = (counts[token] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

const softmax = (temperature: number) => {
  const weights = [...scores].map((score) => Math.exp(score / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
};

describe('the sampler', () => {
  it.each([0.5, 1, 2])('draws by the softmax at temperature %f', (temperature) => {
    shares({ temperature }).forEach((share, token) =>
      expect(share).toBeCloseTo(softmax(temperature)[token] ?? 0, 1),
    );
  });

  it('takes the best at temperature 0', () => expect(shares({ temperature: 0 }, 50)).toEqual([0, 0, 0, 1]));

  it('leaves out what is below min-p of the best, and what is outside the nucleus', () => {
    // Shares 0.03, 0.09, 0.24, 0.64: min-p 0.3 leaves two, top-p 0.6 one, top-p 0.8 two.
    expect(shares({ minP: 0.3 }).slice(0, 2)).toEqual([0, 0]);
    expect(shares({ minP: 0.3 })[2]).toBeGreaterThan(0.2);
    expect(shares({ topP: 0.6 })).toEqual([0, 0, 0, 1]);
    expect(shares({ topP: 0.8 }).slice(0, 2)).toEqual([0, 0]);
    expect(shares({ topP: 0.8 })[2]).toBeCloseTo(0.27, 1);
  });

  it('repeats itself by its seed', () => {
    const draw = (seed: number) => {
      const sampler = createSampler({ ...open, seed }, null);
      return Array.from({ length: 40 }, () => sampler.draw(scores)).join('');
    };
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });

  it('writes an object from scores that are noise, and says when it is closed', () => {
    const tokens = [
      null,
      ...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)),
      '"}',
      '": "',
      'word ',
      '{"',
    ];
    const constraint = createJsonConstraint({ keys: ['a', 'b'], maxTextChars: 15 });
    const sampler = createSampler(
      { ...open, seed: 9 },
      { constraint, masker: createTokenMasker(constraint, tokens, [0]) },
    );
    const noise = random(4);
    let text = '';
    while (!sampler.isComplete()) {
      const token = sampler.draw(Float32Array.from(tokens, () => 4 * noise.normal()));
      expect(token).toBeGreaterThan(0);
      text += tokens[token] ?? '';
    }
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['a', 'b']);
    expect(sampler.draw(Float32Array.from(tokens, () => 0))).toBe(0);
  });
});
