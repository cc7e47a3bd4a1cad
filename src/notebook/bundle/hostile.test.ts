import { strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../models/files/sha256.ts';
import { classifierKey } from '../../services/miner/storage.ts';
import { offersFor } from './offers.ts';
import { isBundle, openBundle } from './read.ts';
import { restoreBundle } from './restore.ts';
import { dataHash, fullNotebook, runId } from './testing/fullNotebook.ts';
import { contentsOf, memoryStores } from './testing/memoryStores.ts';
import { writeBundle } from './write.ts';
import { blobSink } from '../../models/files/zipWriter.ts';
import type { Manifest } from './manifest.ts';

// Files that are cut off, changed, foreign, or made to harm: each is refused by name and leaves the browser as it was.

const whole = (async () => {
  const stores = memoryStores();
  const document = await fullNotebook(stores);
  const sink = blobSink();
  const offers = await offersFor(document, stores, [dataHash]);
  await writeBundle({ document, offers, writtenBy: 'test' }, sink);
  return new Uint8Array(await sink.blob().arrayBuffer());
})();

type Members = Record<string, Uint8Array>;

const fileOf = (bytes: Uint8Array, name = 'n.verbena.zip') => new File([new Uint8Array(bytes)], name);
const hashOf = (bytes: Uint8Array) => {
  const hash = sha256();
  hash.update(bytes);
  return hash.hex();
};

/** The file with its members changed; the manifest's hashes are made to fit again, as an attacker would, unless told otherwise. */
async function changed(
  edit: (members: Members, manifest: Manifest) => void,
  { rehash = true }: { rehash?: boolean } = {},
): Promise<File> {
  const members: Members = { ...unzipSync(await whole) };
  const manifest = JSON.parse(new TextDecoder().decode(members['manifest.json'])) as Manifest;
  edit(members, manifest);
  const listed = manifest.members.map((entry) => {
    const bytes = members[entry.path];
    return rehash && bytes ? { path: entry.path, bytes: bytes.length, sha256: hashOf(bytes) } : entry;
  });
  members['manifest.json'] = strToU8(JSON.stringify({ ...manifest, members: listed }));
  return fileOf(zipSync(members as Zippable, { level: 1 }));
}

/** Opens and restores into an empty browser; whatever is thrown, the browser has to be empty after. */
async function refusal(file: File): Promise<unknown> {
  const stores = memoryStores();
  try {
    await restoreBundle(await openBundle(file), stores);
  } catch (error) {
    const left = contentsOf(stores);
    if (left.length > 0) throw new Error(`Left behind: ${left.join()}`, { cause: error });
    return error;
  }
  return null;
}

const json = (members: Members, path: string, edit: (value: Record<string, unknown>) => void) => {
  const value = JSON.parse(new TextDecoder().decode(members[path])) as Record<string, unknown>;
  edit(value);
  members[path] = strToU8(JSON.stringify(value));
};
const pathOf = (members: Members, end: string) =>
  Object.keys(members).find((path) => path.endsWith(end)) ?? '';

describe('a file that is not what it says', () => {
  it('opens again after being unpacked and packed by hand', async () => {
    expect(await refusal(await changed(() => undefined))).toBeNull();
    // What systems add to archives is passed over.
    expect(
      await refusal(
        await changed((members) => {
          members['__MACOSX/._manifest.json'] = strToU8('x');
          members['.DS_Store'] = strToU8('x');
        }),
      ),
    ).toBeNull();
  });

  it('is refused wherever it was cut off', async () => {
    const bytes = await whole;
    for (const share of [0.02, 0.3, 0.7, 0.95, 0.999]) {
      const cut = fileOf(bytes.slice(0, Math.floor(bytes.length * share)));
      expect(await refusal(cut), String(share)).toMatchObject({ code: 'bundle-torn' });
      expect(await isBundle(cut)).toBe(true);
    }
    // A middle that went missing: offsets no longer meet their members.
    const hole = new Uint8Array([...bytes.slice(0, 500), ...bytes.slice(900)]);
    expect(await refusal(fileOf(hole))).toMatchObject({
      code: expect.stringMatching(/torn|damaged/u) as string,
    });
  });

  it('is refused where any byte of a member was flipped', async () => {
    const bytes = await whole;
    let refused = 0;
    for (let at = 60; at < bytes.length - 200; at += Math.floor(bytes.length / 40)) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ 0x10;
      const error = await refusal(fileOf(flipped));
      if (error === null) continue;
      expect((error as { code: string }).code).toMatch(/^bundle-/u);
      refused++;
    }
    // A flip in a field that nobody reads (a time, a local header's copy) is no harm.
    expect(refused).toBeGreaterThan(25);
  });

  it.each([
    ['empty', new Uint8Array(0), 'bundle-foreign'],
    ['text', strToU8('{"format":"verbena-notebook"}'), 'bundle-foreign'],
    ['a zip of something else', zipSync({ 'a.csv': strToU8('a,b') }), 'bundle-foreign'],
    [
      'a zip with another manifest',
      zipSync({ 'manifest.json': strToU8('{"name":"app"}') }),
      'bundle-foreign',
    ],
    ['a manifest that is no JSON', zipSync({ 'manifest.json': strToU8('{') }), 'bundle-invalid'],
    [
      'of a newer version',
      zipSync({ 'manifest.json': strToU8('{"format":"verbena-bundle","version":2}') }),
      'bundle-newer',
    ],
  ])('is refused when it is %s', async (_name, bytes, code) => {
    const error = await refusal(fileOf(bytes));
    expect(error).toMatchObject({ code });
    expect((error as { remedy: string }).remedy.length).toBeGreaterThan(20);
  });

  it('is refused when a member is not the one that was saved, or is missing', async () => {
    const path = 'notebook.verbena.json';
    const other = await changed(
      (members) => {
        const text = new TextDecoder().decode(members[path]);
        members[path] = strToU8(text.replace('Food & films', 'Food & fylms'));
      },
      { rehash: false },
    );
    expect(await refusal(other)).toMatchObject({ code: 'bundle-damaged', details: { path } });
    const without = await changed((members) => delete members[pathOf(members, 'replies.jsonl')]);
    expect(await refusal(without)).toMatchObject({ code: 'bundle-torn' });
    const newer = await changed((members) => json(members, path, (value) => (value['version'] = 9)));
    expect(await refusal(newer)).toMatchObject({ code: 'notebook-newer' });
    const wild = await changed((members) =>
      json(members, path, (value) => (value['parameters'] = { split: { seed: -1 } })),
    );
    expect(await refusal(wild)).toMatchObject({ code: 'notebook-invalid' });
  });

  it.each(['../../etc/passwd', '/abs', 'a\\..\\b', 'C:/x'])(
    'is refused with a member called %s',
    async (path) => {
      const file = await changed((members) => (members[path] = strToU8('x')));
      expect(await refusal(file)).toMatchObject({ code: 'bundle-unsafe' });
    },
  );

  it('is refused when it would unpack to more than a notebook holds', async () => {
    const bomb = await changed((members) => (members['sets/bomb.jsonl'] = new Uint8Array(70 << 20)));
    expect(bomb.size).toBeLessThan(2 << 20);
    expect(await refusal(bomb)).toMatchObject({ code: 'bundle-too-large' });
    // Many members, each below what one may be.
    const many = await changed((members) => {
      for (let at = 0; at < 9; at++) members[`sets/${at}.jsonl`] = new Uint8Array(8 << 20);
    });
    expect(await refusal(many)).toMatchObject({ code: 'bundle-too-large' });
  });

  it('is refused when a member grows beyond the length that its directory says', async () => {
    const lying = zipSync({ 'manifest.json': new Uint8Array(20 << 20) }, { level: 9 });
    const view = new DataView(lying.buffer);
    const directory = view.getUint32(lying.length - 6, true);
    view.setUint32(directory + 24, 1000, true);
    expect(await refusal(fileOf(lying))).toMatchObject({ code: 'bundle-damaged' });
  });

  it('is refused when members lie over each other', async () => {
    const bytes = zipSync({ a: new Uint8Array(500), b: new Uint8Array(500) }, { level: 0 });
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(bytes.length - 6, true);
    const second = directory + 46 + 1;
    view.setUint32(second + 42, view.getUint32(directory + 42, true), true);
    expect(await refusal(fileOf(bytes))).toMatchObject({ code: 'bundle-torn' });
  });

  it('is refused when its contents list a thing twice, or in two parts', async () => {
    const twice = await changed((_members, manifest) =>
      (manifest.parts as Manifest['parts'][number][]).push(...manifest.parts.slice(0, 1)),
    );
    expect(await refusal(twice)).toMatchObject({ code: 'bundle-invalid' });
    const shared = await changed((_members, manifest) =>
      (manifest.parts as Manifest['parts'][number][]).push({
        kind: 'set',
        id: 'other',
        name: 'other',
        members: manifest.parts[0]?.members ?? [],
      }),
    );
    expect(await refusal(shared)).toMatchObject({ code: 'bundle-invalid' });
  });

  it('is refused with ids and files that would land elsewhere in this browser', async () => {
    const part = (manifest: Manifest, kind: string) =>
      manifest.parts.find((one) => one.kind === kind) as unknown as { id: string; members: string[] };
    for (const id of ['../escape', 'a/b', '', '.bin', 'x'.repeat(200)]) {
      const file = await changed((_members, manifest) => (part(manifest, 'run').id = id));
      expect(await refusal(file), id).toMatchObject({ code: 'bundle-invalid' });
    }
    // A run that brings files of no run, or another part's.
    const stray = await changed((members, manifest) => {
      members[`runs/${runId}/evil.js`] = strToU8('alert(1)');
      part(manifest, 'run').members.push(`runs/${runId}/evil.js`);
      (manifest.members as { path: string; bytes: number; sha256: string }[]).push({
        path: `runs/${runId}/evil.js`,
        bytes: 8,
        sha256: '0'.repeat(64),
      });
    });
    expect(await refusal(stray)).toMatchObject({ code: 'bundle-invalid' });
    const another = await changed((members) =>
      json(members, `runs/${runId}/run.json`, (record) => (record['runId'] = 'someone-else')),
    );
    expect(await refusal(another)).toMatchObject({ code: 'bundle-invalid' });
  });

  it('is refused with parts that do not hold what they say', async () => {
    const coldest = { family: 'sigmoid', temperature: 0, step: 1, rows: 1, lossBefore: 0, lossAfter: 0 };
    const cases: readonly ((members: Members) => void)[] = [
      (members) =>
        json(members, pathOf(members, 'set.json'), (record) => (record['source'] = { kind: 'magic' })),
      (members) => json(members, pathOf(members, 'set.json'), (record) => (record['id'] = 'set-z')),
      (members) => (members[pathOf(members, 'replies.jsonl')] = strToU8('{"text": 7, "finish": "end"}\n')),
      (members) => (members['tuning-pairs.jsonl'] = strToU8('{"id":"a","description":"d","samples":[]}\n')),
      (members) => (members[pathOf(members, 'classifier.json')] = strToU8('{"card":{}}')),
      // Fewer words than weights.
      (members) =>
        json(members, pathOf(members, 'classifier.json'), (value) => {
          (value['model'] as { terms: string[] }).terms.pop();
        }),
      // Weights that are no numbers.
      (members) => {
        const path = Object.keys(members).find((name) => /^classifiers.*safetensors$/u.test(name)) ?? '';
        const bytes = members[path]?.slice() ?? new Uint8Array();
        bytes.fill(0xff, bytes.length - 60, bytes.length - 40);
        members[path] = bytes;
      },
      (members) => (members[pathOf(members, 'adapter_config.json')] = strToU8('{"peft_type":"PROMPT"}')),
      (members) => json(members, pathOf(members, 'adapter.json'), (value) => (value['id'] = 'another')),
      (members) => json(members, pathOf(members, 'tuning.json'), (value) => (value['settings'] = {})),
      (members) => json(members, `data/${dataHash}/manifest.json`, (value) => (value['baseHash'] = 'other')),
      (members) => json(members, `runs/${runId}/run.json`, (value) => (value['labels'] = 'A')),
      (members) => json(members, `runs/${runId}/run.json`, (value) => (value['calibration'] = coldest)),
    ];
    for (const [at, edit] of cases.entries()) {
      const error = await refusal(await changed(edit));
      expect(error, `case ${at}`).toMatchObject({ code: 'bundle-invalid' });
      expect((error as { message: string }).message).toMatch(/\S+ in this file cannot be used: ./u);
    }
  });

  it('brings no prototype along with names that objects have', async () => {
    const file = await changed((members) => {
      const path = pathOf(members, 'replies.jsonl');
      members[path] = strToU8('{"text":"{}","finish":"end","__proto__":{"polluted":true}}\n');
    });
    expect(await refusal(file)).toBeNull();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('never replaces a classifier that is here, whatever it says', async () => {
    const stores = memoryStores();
    const mine = { card: { id: 'mine' }, model: null };
    const key = classifierKey('c0ffee00c0ffee00c0ffee00');
    await stores.classifiers.set(key, mine);
    await restoreBundle(await openBundle(fileOf(await whole)), stores);
    expect(stores.classifierMap.get(key)).toEqual(mine);
  });

  it('says of an encrypted one that it is', async () => {
    const bytes = (await whole).slice();
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(bytes.length - 6, true);
    view.setUint16(directory + 8, view.getUint16(directory + 8, true) | 1, true);
    expect(await refusal(fileOf(bytes))).toMatchObject({ code: 'bundle-encrypted' });
  });
});
