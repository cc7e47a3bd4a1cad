import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../../base/testing.ts';
import { addTopics, readTopicTable, topicNotes, TopicTree, type TopicEdge } from './topicTree.ts';
import { sniffHead } from './sniff.ts';
import { csvMapping, indexBytes, jsonMapping, whole } from './testing.ts';

const edges: TopicEdge[] = [
  ['Bread', 'Baking'],
  ['Baking', 'Cooking'],
  ['Cooking', 'Food'],
  ['Bread', 'Snacks'],
];
const rowsOf = (labels: readonly string[], rows: readonly (readonly number[])[]) => ({
  labels,
  labelEnds: Uint32Array.from(rows, (_, i) => rows.slice(0, i + 1).flat().length),
  labelIds: Uint32Array.from(rows.flat()),
});
const finish = (rows: ReturnType<typeof rowsOf>, tree: TopicTree, depth: number) => {
  const { rows: added, report } = atOnce(addTopics(rows, tree, depth));
  const names: string[][] = [];
  let start = 0;
  for (const end of added.labelEnds) {
    names.push([...added.labelIds.subarray(start, end)].map((id) => added.labels[id] ?? ''));
    start = end;
  }
  return { names, report, ids: added.labelIds };
};

describe('a topic tree', () => {
  it('adds the topics above each label, as deep as asked, each once', () => {
    const rows = rowsOf(['bread', 'Food', 'Other'], [[0], [0, 1], [2], []]);
    const one = finish(rows, new TopicTree(edges), 1);
    expect(one.names).toEqual([
      ['bread', 'Baking', 'Snacks'],
      ['bread', 'Food', 'Baking', 'Snacks'],
      ['Other'],
      [],
    ]);
    const all = finish(rows, new TopicTree(edges), 20);
    expect(all.names[0]).toEqual(['bread', 'Food', 'Baking', 'Snacks', 'Cooking']);
    expect(all.report).toMatchObject({
      addedLabels: 3,
      addedEntries: 7,
      topicCount: 5,
      edgeCount: 4,
      cycles: { count: 0 },
      labelsOutside: { count: 1, examples: ['Other'] },
      unusedTopics: { count: 0 },
    });
  });

  it('ends where topics stand above themselves, and names them', () => {
    const tree = new TopicTree([
      ...edges,
      ['Food', 'Bread'],
      ['Self', 'Self'],
      ['', 'Nothing'],
      ['A', 'B'],
      ['B', 'A'],
    ]);
    const { names, report } = finish(rowsOf(['Bread', 'Self'], [[0], [1]]), tree, 20);
    expect(new Set(names[0])).toEqual(new Set(['Bread', 'Baking', 'Snacks', 'Cooking', 'Food']));
    expect(names[1]).toEqual(['Self']);
    expect(report.cycles.count).toBe(3);
    expect(report.cycles.examples).toContain('Self > Self');
    expect(report.unusedTopics.examples).toEqual(['A', 'B']);
    expect(topicNotes(report).join(' ')).toMatch(/3 cycles/u);
  });

  it('walks a chain of a hundred thousand topics, and a circle of them', () => {
    const size = 100_000;
    const chain = Array.from({ length: size }, (_, i): TopicEdge => [`t${i}`, `t${i + 1}`]);
    expect(new TopicTree(chain).cycles().count).toBe(0);
    const circle = new TopicTree([...chain, [`t${size}`, 't0']]);
    expect(circle.cycles().count).toBe(1);
    expect(finish(rowsOf(['t5'], [[0]]), circle, 20).names[0]).toHaveLength(21);
  });

  it('takes at most two hundred topics above one label, and says so', () => {
    const wide = Array.from({ length: 5000 }, (_, i): TopicEdge => ['x', `p${i}`]);
    const { names, report } = finish(rowsOf(['x'], [[0]]), new TopicTree(wide), 3);
    expect(names[0]).toHaveLength(201);
    expect(report.cutLabels).toBe(1);
  });

  it('is read from a table, rows that lack one side passed over', async () => {
    const bytes = new TextEncoder().encode(
      '\ufefftopic,parent\r\n"Bread, fresh",Baking\r\nlonely\r\n,Baking\r\nBaking,Food',
    );
    const mapping = { ...csvMapping, textColumns: ['topic'], labelColumns: ['parent'] };
    expect(await readTopicTable('t.csv', whole(bytes), mapping)).toEqual([
      ['Bread, fresh', 'Baking'],
      ['Baking', 'Food'],
    ]);
    await expect(
      readTopicTable('t.csv', whole(bytes), { ...mapping, labelColumns: ['x'] }),
    ).rejects.toMatchObject({
      code: 'no-text-column',
    });
  });

  it('takes a list for the path from the root', async () => {
    const bytes = new TextEncoder().encode(
      `topic,parent\nBread,"['root', 'Food', 'Baking']"\nFood,['root']\nOdd,"[[1]]"`,
    );
    const mapping = { ...csvMapping, textColumns: ['topic'], labelColumns: ['parent'] };
    expect(await readTopicTable('t.csv', whole(bytes), mapping)).toEqual([
      ['Bread', 'Baking'],
      ['Baking', 'Food'],
    ]);
  });

  it('refuses a table larger than a tree can be', async () => {
    const endless = async function* () {
      const block = new Uint8Array(1 << 20).fill(0x61);
      for (let i = 0; i < 70; i++) yield block;
    };
    await expect(readTopicTable('t.csv', endless(), csvMapping)).rejects.toMatchObject({
      code: 'topics-too-large',
    });
  });
});

// Third-party data beside the repository; skipped where it is absent.
const data = new URL('../../../../shared/data/', import.meta.url);

describe.skipIf(!existsSync(data))('the topics of wikiHow over its titles', () => {
  it('are recognised, and every title gets all topics above its labels', async () => {
    const load = (path: string) => new Uint8Array(readFileSync(new URL(path, data)));
    const table = load('wikihow_topics/topics.csv');
    const { mapping } = sniffHead({
      name: 'topics.csv',
      byteLength: table.length,
      bytes: table.subarray(0, 1 << 18),
      isWhole: false,
      gzip: false,
    });
    expect(mapping).toMatchObject({
      schema: 'topic-tree',
      textColumns: ['topic name'],
      labelColumns: ['father topics'],
    });
    const tree = new TopicTree(await readTopicTable('topics.csv', whole(table), mapping));
    const { builder, labels } = await indexBytes(
      load('wikihow_multilabel/titles.jsonl'),
      jsonMapping('jsonl'),
      [],
    );
    const { names, report } = finish(
      {
        labels: builder.labels,
        labelEnds: builder.labelEnds.view.slice(),
        labelIds: builder.labelIds.view.slice(),
      },
      tree,
      20,
    );
    expect(names).toHaveLength(12_622);
    // Counted apart from this code: 371 of the 457 labels are topics of the table.
    expect(report.labelsOutside.count).toBe(457 - 371);
    for (const [row, own] of labels.entries()) {
      const all = new Set(names[row]?.map((name) => name.toLowerCase()));
      for (const label of own) {
        expect(all.has(label.toLowerCase())).toBe(true);
        const topic = tree.idOf(label);
        for (const above of topic === undefined ? [] : tree.ancestors(topic, 20).ids)
          expect(all.has(tree.names[above]?.toLowerCase() ?? '')).toBe(true);
      }
    }
  });
});
