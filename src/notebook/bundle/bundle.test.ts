import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { assertHasTexts, readData, readLabelPriors } from '../../services/trainer/runData.ts';
import { Miner } from '../../services/miner/service.ts';
import type { KeptClassifier } from '../../services/miner/storage.ts';
import { openLinear } from '../../core/incubator/classifier/linear.ts';
import { listAdapters } from '../adapters.ts';
import { listNotebooks, loadNotebook } from '../autosave.ts';
import { newDocument } from '../document.ts';
import { createGenerationArchive } from '../generations/archive.ts';
import { isDefault, offersFor, withNeeded } from './offers.ts';
import { isBundle, openBundle } from './read.ts';
import { restoreBundle, type Restored } from './restore.ts';
import { sentenceOf } from './words.ts';
import { dataHash, encoderId, fullNotebook, runId } from './testing/fullNotebook.ts';
import { contentsOf, memoryStores, type MemoryStores } from './testing/memoryStores.ts';
import { keyOf, type Offer } from './member.ts';
import { writeBundle } from './write.ts';
import { blobSink } from '../../models/files/zipWriter.ts';

const saved = async (
  stores: MemoryStores,
  document: Awaited<ReturnType<typeof fullNotebook>>,
  chosen: (offer: Offer) => boolean,
): Promise<File> => {
  const offers = (await offersFor(document, stores, [dataHash])).filter(chosen);
  const sink = blobSink();
  await writeBundle({ document, offers, writtenBy: 'Verbena test' }, sink);
  return new File([sink.blob()], 'food.verbena.zip');
};

describe('a notebook with everything', () => {
  it('lists what the notebook made, and takes neither texts of its data nor what is another notebook’s unasked', async () => {
    const stores = memoryStores();
    const document = await fullNotebook(stores);
    const offers = await offersFor(document, stores, [dataHash]);
    expect(offers.map(({ kind, isOwn }) => `${kind} ${isOwn}`)).toEqual([
      'set true',
      'set true',
      'pairs true',
      'classifier true',
      'classifier true',
      'classifier false',
      'scores true',
      'scores false',
      'scores false',
      'adapter true',
      'run true',
      'run-weights true',
      'run-resume true',
      'encoder true',
      'encoder-resume true',
      'data true',
    ]);
    expect(offers.filter(isDefault).map(({ kind }) => kind)).toEqual([
      'set',
      'set',
      'pairs',
      'classifier',
      'classifier',
      'scores',
      'adapter',
      'run',
      'run-weights',
      'encoder',
    ]);
    for (const offer of offers) {
      const bytes = (await offer.members()).reduce(
        (sum, { content }) =>
          sum + (typeof content === 'string' ? new TextEncoder().encode(content).length : content.size),
        0,
      );
      // Data without texts is measured by the whole's header, whose offsets have more digits; scores before their header is written.
      const isNearly = offer.kind === 'run' || offer.kind === 'scores';
      expect(Math.abs(offer.bytes - bytes), offer.name).toBeLessThan(isNearly ? 200 : 1);
    }
  });

  it('comes back whole in another browser, under an id of its own', async () => {
    const here = memoryStores();
    const document = await fullNotebook(here);
    const file = await saved(here, document, () => true);
    expect(await isBundle(file)).toBe(true);
    expect(await isBundle(new File([file], 'renamed.zip'))).toBe(true);

    const there = memoryStores();
    const progress: string[] = [];
    const {
      document: opened,
      added,
      skipped,
    } = await restoreBundle(await openBundle(file), there, {
      onProgress: ({ phase }) => progress.push(phase),
    });
    expect(skipped).toEqual([]);
    expect(added).toEqual({
      set: 2,
      pairs: 1,
      classifier: 3,
      scores: 3,
      adapter: 1,
      run: 1,
      'run-weights': 1,
      'run-resume': 1,
      encoder: 1,
      'encoder-resume': 1,
      data: 1,
    });
    expect(opened.id).not.toBe(document.id);
    expect({ ...opened, id: document.id }).toEqual(document);
    expect(await loadNotebook(there.values, opened.id)).toEqual(opened);
    expect((await listNotebooks(there.values)).map(({ id }) => id)).toEqual([opened.id]);

    const [before, after] = [
      await createGenerationArchive(here.values, document.id).load(),
      await createGenerationArchive(there.values, opened.id).load(),
    ];
    expect(after).toEqual(before);
    // What was being written when it was saved is there as a reply that was cut off.
    expect(after[1]?.replies.at(-1)).toEqual({ text: '{"food": "half a', finish: 'failed' });
    expect(there.valueMap.get(`tuning-pairs/${opened.id}`)).toEqual(
      here.valueMap.get(`tuning-pairs/${document.id}`),
    );
    expect(await listAdapters(there.values, opened.id)).toEqual(await listAdapters(here.values, document.id));
    expect(there.classifierMap).toEqual(here.classifierMap);
    const [kept] = [...there.classifierMap.values()] as KeptClassifier[];
    expect(kept?.model && openLinear(kept.model).margins(['warm soup'])[0]).toBeGreaterThan(0);
    for (const [path, blob] of here.fileMap)
      expect(await there.fileMap.get(path)?.text(), path).toBe(await blob.text());
    expect(there.valueMap.get(`run-inputs/${runId}`)).toEqual({ dataHash, threshold: 500 });
    expect(new Set(progress)).toEqual(new Set(['Checking the file', 'Restoring']));
  });

  it('opened twice makes a second notebook and doubles nothing else; undone, nothing of it is left', async () => {
    const here = memoryStores();
    const file = await saved(here, await fullNotebook(here), () => true);
    const before = contentsOf(here);
    const again = await restoreBundle(await openBundle(file), here);
    expect(again.document.title).toBe('Food & films (2)');
    expect(again.added).toEqual({ set: 2, pairs: 1, adapter: 1 });
    expect(new Set(again.skipped.map(({ why }) => why))).toEqual(new Set(['here']));
    expect(await listNotebooks(here.values)).toHaveLength(2);
    await again.undo();
    expect(contentsOf(here)).toEqual(before);

    const there = memoryStores();
    const { undo } = await restoreBundle(await openBundle(file), there);
    await undo();
    expect(contentsOf(there)).toEqual(['value notebooks']);
    expect(await listNotebooks(there.values)).toEqual([]);
  });

  it('adds to a run that is here only what it lacks, and leaves a run that went on alone', async () => {
    const here = memoryStores();
    const document = await fullNotebook(here);
    const small = await saved(here, document, ({ kind }) => kind === 'run');
    const whole = await saved(here, document, () => true);
    const there = memoryStores();
    await restoreBundle(await openBundle(small), there);
    expect(there.fileMap.has(`runs/${runId}/best-000000004.safetensors`)).toBe(false);
    // Its scores and labels can be read; its texts stayed where they are.
    const folder = { read: (name: string) => there.files.read(`runs/${runId}/${name}`) } as FileStore;
    const textless = await readData(folder);
    expect(textless.tokens.ids).toHaveLength(0);
    expect(() => assertHasTexts(textless)).toThrow(/without its texts/u);
    expect([...(await readLabelPriors(folder))]).toEqual([1, 0]);
    const later = await restoreBundle(await openBundle(whole), there);
    expect(later.added).toMatchObject({ 'run-weights': 1, 'run-resume': 1 });
    expect(there.fileMap.has(`runs/${runId}/best-000000004.safetensors`)).toBe(true);
    expect((await readData(folder)).tokens.ids).toHaveLength(400);
    await later.undo();
    expect((await readData(folder)).tokens.ids).toHaveLength(0);
    expect(there.fileMap.has(`runs/${runId}/run.json`)).toBe(true);
    expect(there.fileMap.has(`runs/${runId}/best-000000004.safetensors`)).toBe(false);

    const path = `runs/${runId}/run.json`;
    const record = JSON.parse((await there.fileMap.get(path)?.text()) ?? '') as object;
    const ahead = new Blob([JSON.stringify({ ...record, step: 9 })]);
    there.fileMap.set(path, ahead);
    const { skipped } = await restoreBundle(await openBundle(whole), there);
    expect(skipped.filter(({ why }) => why === 'differs').map(({ kind }) => kind)).toEqual([
      'run',
      'run-weights',
      'run-resume',
    ]);
    expect(there.fileMap.get(path)).toBe(ahead);
  });

  it('stopped in the middle leaves nothing, whichever byte it stood at', async () => {
    const here = memoryStores();
    const file = await saved(here, await fullNotebook(here), () => true);
    for (const phase of ['Checking the file', 'Restoring']) {
      const there = memoryStores();
      const controller = new AbortController();
      const opening = restoreBundle(await openBundle(file), there, {
        signal: controller.signal,
        onProgress: (at) => {
          if (at.phase === phase) controller.abort();
        },
      });
      await expect(opening).rejects.toMatchObject({ code: 'aborted' });
      expect(contentsOf(there)).toEqual([]);
    }
    const controller = new AbortController();
    const document = await fullNotebook(here);
    const writing = writeBundle(
      { document, offers: await offersFor(document, here), writtenBy: 'test' },
      blobSink(),
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    await expect(writing).rejects.toMatchObject({ code: 'aborted' });
  });

  it('gives back what it wrote where the disk is full in the middle, and asks for room before', async () => {
    const here = memoryStores();
    const file = await saved(here, await fullNotebook(here), () => true);
    const there = memoryStores();
    const { write } = there.files;
    let writes = 0;
    Object.assign(there.files, {
      write: (path: string, content: AsyncIterable<Uint8Array>) =>
        ++writes === 5 ? Promise.reject(new Error('disk full')) : write(path, content),
    });
    await expect(restoreBundle(await openBundle(file), there)).rejects.toThrow('disk full');
    expect(contentsOf(there)).toEqual([]);
    await expect(restoreBundle(await openBundle(file), memoryStores(1000))).rejects.toMatchObject({
      code: 'bundle-no-room',
    });
  });

  it('opens without a file system: runs and encoders are named as left out', async () => {
    const here = memoryStores();
    const file = await saved(here, await fullNotebook(here), () => true);
    const there = { ...memoryStores(), files: null };
    const { skipped, added } = await restoreBundle(await openBundle(file), there);
    expect(added).toMatchObject({ set: 2, classifier: 3 });
    expect(skipped.every(({ why }) => why === 'no-files')).toBe(true);
    expect(skipped.map(({ kind }) => kind)).toContain('encoder');
  });

  it('brings along the run that chosen weights are of', async () => {
    const stores = memoryStores();
    const offers = await offersFor(await fullNotebook(stores), stores);
    const kindsOf = (...chosen: string[]) => withNeeded(offers, new Set(chosen)).map(({ kind }) => kind);
    expect(kindsOf(`run-weights/${runId}`)).toEqual(['run', 'run-weights']);
    expect(kindsOf(`encoder-resume/${encoderId}`)).toEqual(['encoder', 'encoder-resume']);
    expect(kindsOf('set/set-a')).toEqual(['set']);
  });

  it('brings the scores of mining, with their classifier: a formula answers at once', async () => {
    const here = memoryStores();
    const document = await fullNotebook(here);
    const offers = await offersFor(document, here, [dataHash]);
    const own = offers.find(({ kind, isOwn }) => kind === 'scores' && isOwn);
    if (!own) throw new Error('No scores are offered.');
    const taken = new Set(withNeeded(offers, new Set([keyOf(own)])).map(keyOf));
    expect([...taken].map((key) => key.split('/')[0])).toEqual(['classifier', 'scores']);
    const file = await saved(here, document, (offer) => taken.has(keyOf(offer)));
    const there = memoryStores();
    const { undo } = await restoreBundle(await openBundle(file), there);
    const asked = {
      corpus: dataHash,
      rowCount: 3,
      source: 'a AND NOT b',
      concepts: { a: 'c0ffee00c0ffee00c0ffee00/0', b: 'c0ffee00c0ffee00c0ffee00/1' },
      limit: 3,
      gold: null,
      withAverages: false,
    };
    const { rankings } = await new Miner(there.classifiers).query(asked);
    const { rankings: before } = await new Miner(here.classifiers).query(asked);
    expect(rankings).toEqual(before);
    expect(there.classifierMap.get('scores-index')).toEqual([
      { key: `scores/${dataHash}/c0ffee00c0ffee00c0ffee00`, bytes: 24 },
    ]);
    await undo();
    expect([...there.classifierMap.keys()]).toEqual([]);
  });

  it('opens without scores that are damaged, and names them', async () => {
    const here = memoryStores();
    const file = await saved(here, await fullNotebook(here), ({ kind }) => /scores|classifier/u.test(kind));
    const bytes = new Uint8Array(await file.arrayBuffer());
    const offers = await offersFor(await fullNotebook(here), here, [dataHash]);
    const blob = await (
      await openBundle(file)
    ).blob((await offers.find(({ kind }) => kind === 'scores')?.members())?.[0]?.path ?? '');
    const member = new Uint8Array(await blob.arrayBuffer());
    const at = bytes.findIndex((_, i) => member.every((byte, k) => bytes[i + k] === byte));
    expect(at).toBeGreaterThan(0);
    bytes[at + member.length - 30] = (bytes[at + member.length - 30] as number) ^ 1;
    const there = memoryStores();
    const restored = await restoreBundle(await openBundle(new File([bytes], 'x.verbena.zip')), there);
    expect(restored.added).toMatchObject({ classifier: 3, scores: 2 });
    expect(sentenceOf(restored)).toContain(
      'The mining scores “food, movie over 3 texts” in it are damaged: mining makes them again.',
    );
    expect([...there.classifierMap.keys()].filter((key) => key.startsWith('scores/'))).toHaveLength(2);
  });

  it('keeps scores out that are whole and not what they say', async () => {
    const here = memoryStores();
    const document = await fullNotebook(here);
    const isScores = ({ kind }: Offer) => kind === 'scores';
    // Without their classifier, whoever wrote such a file.
    const alone = await restoreBundle(
      await openBundle(await saved(here, document, isScores)),
      memoryStores(),
    );
    expect(alone.added).toEqual({});
    expect(new Set(alone.skipped.map(({ why }) => why))).toEqual(new Set(['damaged']));
    const key = `scores/${dataHash}/c0ffee00c0ffee00c0ffee00`;
    for (const change of [
      { done: 3, rowCount: 3, columns: [new Float32Array(3)] },
      { done: 3, rowCount: 2, columns: [new Float32Array(3), new Float32Array(3)] },
      { done: 3, rowCount: 3, columns: [new Float32Array(3), new Float32Array(3).fill(Number.NaN)] },
    ]) {
      await here.classifiers.set(key, change);
      const file = await saved(here, document, ({ kind }) => /scores|classifier/u.test(kind));
      const { added } = await restoreBundle(await openBundle(file), memoryStores());
      expect(added).toEqual({ classifier: 3, scores: 2 });
    }
    // What was stopped half way goes on from there.
    await here.classifiers.set(key, {
      done: 2,
      rowCount: 3,
      columns: [new Float32Array(3), Float32Array.of(1, 2, 0)],
    });
    const there = memoryStores();
    await restoreBundle(await openBundle(await saved(here, document, () => true)), there);
    expect(there.classifierMap.get(key)).toEqual(here.classifierMap.get(key));
  });

  it('says in a sentence what it brought, and what it left', () => {
    const document = { ...newDocument(), title: 'T' };
    const said = (added: Restored['added'], ...why: Restored['skipped'][number]['why'][]) =>
      sentenceOf({
        document,
        added,
        skipped: why.map((reason, at) => ({ kind: 'run', name: `r${at}`, why: reason })),
      });
    expect(said({})).toBe('Opened “T”.');
    expect(said({ set: 2, classifier: 1, pairs: 1 })).toBe(
      'Opened “T” with 2 generated sets, 1 classifier and tuning pairs.',
    );
    expect(said({ set: 1 }, 'here', 'differs')).toBe(
      'Opened “T” with 1 generated set. 1 part of it was here already. 1 run or encoder went on in this browser since: left as it is.',
    );
    expect(said({}, 'no-files')).toMatch(/keeps no files/u);
  });

  it('is a zip that other programs read, with parts in their formats', async () => {
    const here = memoryStores();
    const file = await saved(here, await fullNotebook(here), () => true);
    const folder = mkdtempSync(join(tmpdir(), 'verbena-bundle-'));
    try {
      const path = join(folder, 'b.zip');
      writeFileSync(path, new Uint8Array(await file.arrayBuffer()));
      const script = [
        'import zipfile, json, hashlib, sys',
        'z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None',
        "m = json.loads(z.read('manifest.json'))",
        "assert all(hashlib.sha256(z.read(e['path'])).hexdigest() == e['sha256'] for e in m['members'])",
        "objects = [p for p in z.namelist() if p.endswith('objects.jsonl')]",
        'rows = [json.loads(l) for p in objects for l in z.read(p).decode().splitlines()]',
        `assert '${encoderId}' in ' '.join(z.namelist())`,
        'print(len(rows), rows[0]["food"])',
      ].join('\n');
      const said = execFileSync('python3', ['-c', script, path], {
        encoding: 'utf8',
        env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
      });
      expect(said.trim()).toBe('73 soup y 🍜');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
