import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { random } from '../../../base/random.ts';
import { conceptNames } from '../../mining/query.ts';
import { readPasted } from '../pasted.ts';
import { collect, generatedSet } from '../replies.ts';
import type { GeneratedSet } from '../types.ts';
import { drawFormulas } from './formulas.ts';
import { IncubatorLab } from './lab.ts';
import { cutReal, judgeWithOther, partOf, withOther } from './material.ts';

let mail: GeneratedSet;
beforeAll(() => {
  const replies = readPasted(readFileSync('public/samples/generated/shop-mail.jsonl', 'utf8'));
  mail = generatedSet('Sort messages to an online shop.', collect(replies, { labels: null }));
});
const seeds = [1, 2, 3];

describe('what experiments run on', () => {
  it('holds whole objects out where there is no real data, others by another seed', () => {
    const [one, two] = [partOf(mail, null, 1), partOf(mail, null, 2)];
    expect(one.rows).toHaveLength(120);
    expect([...one.rows]).not.toEqual([...two.rows]);
    const trained = new Set([...one.rows].flatMap((row) => mail.samples[row] ?? []));
    expect(one.judge.texts.some((text) => trained.has(text))).toBe(false);
    expect(one.judge.texts.length).toBeGreaterThan(80);
    expect(() => partOf({ ...mail, samples: mail.samples.slice(0, 5) }, null, 1)).toThrow(/too few/u);
  });

  it('cuts real rows once: those that judge are never trained on', () => {
    const texts = Array.from({ length: 101 }, (_, at) => `text number ${'x'.repeat(at)}`);
    const real = { texts, classOf: Uint32Array.from(texts, (_, at) => at % 4) };
    const cut = cutReal({ set: mail, real });
    expect(cut?.judge.texts).toHaveLength(51);
    expect(new Set([...(cut?.judge.texts ?? []), ...(cut?.pool.texts ?? [])]).size).toBe(101);
    expect(partOf(mail, cut?.judge ?? null, 1).rows).toHaveLength(160);
  });

  it('makes “other” of the classes that are left out, as many texts as every class has', () => {
    const less = withOther(mail, 2);
    expect(less.labels).toEqual(['late delivery', 'wrong item', 'other']);
    expect(less.samples.every((texts) => texts.length === 3 && texts.every(Boolean))).toBe(true);
    expect(less.samples[0]?.[2]).toBe(mail.samples[0]?.[2]);
    expect(less.samples[1]?.[2]).toBe(mail.samples[1]?.[3]);
    const judge = { labels: mail.labels, texts: ['a', 'b', 'c'], classOf: Uint32Array.of(0, 2, 3) };
    expect([...judgeWithOther(judge, 2).classOf]).toEqual([0, 2, 2]);
    expect(withOther(mail, 4)).toBe(mail);
  });
});

describe('formulas', () => {
  it('have so many operands and hold for some rows, not for most', () => {
    const classOf = Uint32Array.from({ length: 400 }, (_, row) => row % 4);
    for (const operands of [1, 2, 3, 5]) {
      const formulas = drawFormulas(classOf, 4, operands, 8, random(3, operands));
      expect(formulas.length).toBeGreaterThan(3);
      for (const { query, truth } of formulas) {
        expect(conceptNames(query)).toHaveLength(Math.min(4, operands));
        const share = truth.reduce((sum, value) => sum + value, 0) / truth.length;
        expect(share).toBeGreaterThanOrEqual(0.02);
        expect(share).toBeLessThanOrEqual(0.8);
      }
    }
  });
});

describe('the lab', () => {
  it('learns more from more objects, and the same numbers come again', async () => {
    const lab = new IncubatorLab({ set: mail, real: null });
    const few = await lab.measure({ kind: 'size', objects: 4 }, seeds);
    const many = await lab.measure({ kind: 'size', objects: null }, seeds);
    expect(many.values['accuracy']?.mean).toBeGreaterThan(few.values['accuracy']?.mean ?? 1);
    expect(many.values['accuracy']?.mean).toBeGreaterThan(0.8);
    expect(many.values['objects']).toEqual({ mean: 120, deviation: 0 });
    expect(many.isReal).toBe(false);
    expect(await lab.measure({ kind: 'size', objects: 4 }, seeds)).toEqual(few);
  });

  it('compares clusters with a draw of as many: clusters find every kind that a set has', async () => {
    const kinds = [
      'fresh bread, butter, a warm oven',
      'rain over hills, fog',
      'old blue trains, rails',
      'a quiet violin, a cello',
    ];
    const manners = ['truly', 'really', 'so', 'quite', 'rather', 'deeply'];
    const times = ['now', 'again', 'today', 'often', 'still'];
    const kinded: GeneratedSet = {
      instruction: 'Tell praise from complaint.',
      labels: ['praise', 'complaint'],
      samples: kinds.flatMap((kind) =>
        manners.flatMap((manner) =>
          times.map((time) => [`I ${manner} love ${kind} ${time}`, `I ${manner} hate ${kind} ${time}`]),
        ),
      ),
    };
    const lab = new IncubatorLab({ set: kinded, real: null });
    const test = { kind: 'choose', k: 4, batchSize: 90 } as const;
    const measured = (method: 'kmeans' | 'hierarchical' | 'hdbscan' | 'random') =>
      lab.measure({ ...test, method }, seeds);
    const drawn = await measured('random');
    for (const method of ['kmeans', 'hierarchical'] as const) {
      const { values } = await measured(method);
      expect(values['objects']?.mean).toBe(drawn.values['objects']?.mean);
      expect(values['vendi']?.mean).toBeGreaterThan(drawn.values['vendi']?.mean ?? 9);
    }
    expect((await measured('hdbscan')).values['objects']?.mean).toBe(4);
  });

  it('ranks by compound queries well above chance', async () => {
    const lab = new IncubatorLab({ set: mail, real: null });
    const { values } = await lab.measure({ kind: 'compound', operands: 3, semantics: 'product' }, [1]);
    expect(values['averagePrecision']?.mean).toBeGreaterThan((values['chance']?.mean ?? 1) + 0.2);
  });

  it('trains on real rows, and on another set of the same classes whatever their order', async () => {
    const rows = mail.samples.slice(100).flatMap((texts) => texts.map((text, own) => ({ text, own })));
    const real = { texts: rows.map(({ text }) => text), classOf: Uint32Array.from(rows, ({ own }) => own) };
    const lab = new IncubatorLab({ set: { ...mail, samples: mail.samples.slice(0, 100) }, real });
    const own = await lab.measure({ kind: 'real', objects: 10 }, [1]);
    expect(own.isReal).toBe(true);
    expect(own.values['objects']?.mean).toBe(10);
    const turned = {
      ...mail,
      labels: [...mail.labels].reverse(),
      samples: mail.samples.slice(0, 60).map((texts) => [...texts].reverse()),
    };
    const other = await lab.measure({ kind: 'other', set: turned, objects: 60 }, [1]);
    expect(other.values['accuracy']?.mean).toBeGreaterThan(0.6);
    await expect(
      lab.measure({ kind: 'other', set: { ...turned, labels: ['a', 'b', 'c', 'd'] }, objects: 9 }, [1]),
    ).rejects.toMatchObject({ code: 'experiment-other-classes' });
    const without = new IncubatorLab({ set: mail, real: null });
    await expect(without.measure({ kind: 'real', objects: 4 }, [1])).rejects.toMatchObject({
      code: 'experiment-no-real-rows',
    });
  });

  it('holds dependent classes against independent ones', async () => {
    const lab = new IncubatorLab({ set: mail, real: null });
    for (const training of ['joint', 'independent'] as const) {
      const { values } = await lab.measure({ kind: 'dependence', classes: 1, training }, [1, 2]);
      expect(values['accuracy']?.mean).toBeGreaterThan(0.5);
      expect(values['lastF1']?.mean).toBeGreaterThan(0.3);
    }
  });
});
