import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLabels } from '../../../src/core/incubator/labels.ts';
import { readPasted } from '../../../src/core/incubator/pasted.ts';
import { collect } from '../../../src/core/incubator/replies.ts';
import { balanceOf } from '../../../src/core/incubator/balance.ts';
import { writeSampleSets } from './corpus.ts';
import { sampleTasks } from './tasks.ts';

const committed = (name: string) =>
  readFileSync(new URL(`../../../public/samples/generated/${name}`, import.meta.url), 'utf8');

describe('the sample sets', () => {
  it('are what their grammar writes', () => {
    for (const { name, text } of writeSampleSets()) expect(committed(name), name).toBe(text);
  });

  it.each(sampleTasks.map(({ id, instruction }) => [id, instruction] as const))(
    '%s: nothing falls, its instruction names its classes, and length alone tells none apart',
    (id, instruction) => {
      const collected = collect(readPasted(committed(`${id}.jsonl`)), {
        labels: null,
        dropNearDuplicates: false,
      });
      expect(collected.kept).toHaveLength(160);
      expect(collected.drops).toEqual([]);
      expect(parseLabels(instruction).labels).toEqual(collected.labels);
      const { labels, kept } = collected;
      const { lengthRatio } = balanceOf({ instruction, labels, samples: kept.map(({ texts }) => texts) });
      expect(lengthRatio).toBeLessThan(1.5);
      expect(kept.flatMap(({ texts }) => texts).join(' ')).not.toMatch(/[${}|]/u);
    },
  );
});
