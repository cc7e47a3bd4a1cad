import * as z from 'zod/mini';
import { keptDataFolder } from '../../../services/storage/folders.ts';
import { invalidPart } from '../errors.ts';
import { membersOf, type PartFolder } from '../folder.ts';
import { checked } from '../json.ts';
import { isSafeId } from '../manifest.ts';
import type { Offer } from '../member.ts';
import type { BundleStores, StoredFiles } from '../stores.ts';

// The data itself, as the copy that this browser keeps of it: texts, index and manifest. Only ever taken when asked.

const keptFile = /^(?:file-\d{1,6}|index|manifest\.json)$/u;

const isDataFile = (name: string): boolean => keptFile.test(name);

/** The kept copies of these hashes. */
export async function offerData(stores: BundleStores, hashes: readonly string[]): Promise<Offer[]> {
  const { files } = stores;
  if (!files) return [];
  const offers: Offer[] = [];
  for (const hash of hashes.filter(isSafeId)) {
    const folder = `${keptDataFolder}/${hash}`;
    const found = (await files.list(folder)).filter(({ name, kind }) => kind === 'file' && isDataFile(name));
    if (!found.some(({ name }) => name === 'manifest.json')) continue;
    offers.push({
      kind: 'data',
      id: hash,
      name: await namesIn(files, folder),
      bytes: found.reduce((sum, { byteLength }) => sum + byteLength, 0),
      isOwn: true,
      async members() {
        const names = found.map(({ name }) => name);
        const members = await membersOf(files, folder, `data/${hash}`, names);
        return members.map(({ path, content }) => ({ path, content, isText: /\/file-\d+$/u.test(path) }));
      },
    });
  }
  return offers;
}

async function namesIn(files: StoredFiles, folder: string): Promise<string> {
  const manifest = await files.read(`${folder}/manifest.json`);
  try {
    const [first, ...others] = schema.parse(JSON.parse((await manifest?.text()) ?? '')).files;
    return `${first?.name ?? 'Data'}${others.length > 0 ? ` and ${others.length} more` : ''}`;
  } catch {
    // Shown without a name: what is damaged is taken along as it is.
    return 'Data';
  }
}

const schema = z.looseObject({
  version: z.literal(1),
  baseHash: z.string(),
  files: z.array(z.looseObject({ name: z.string().check(z.maxLength(2000)) })),
});

export const dataFolder: PartFolder = {
  zip: 'data',
  kinds: ['data'],
  record: 'manifest.json',
  isRecordFirst: false,
  target: (hash) => `${keptDataFolder}/${hash}`,
  kindOf: (name) => (isDataFile(name) ? 'data' : null),
  check(path, content, hash, names) {
    const { baseHash, files } = checked(path, content, schema);
    if (baseHash !== hash) throw invalidPart(path, 'it is of other data');
    const missing = ['index', ...files.map((_, at) => `file-${at}`)].find((name) => !names.has(name));
    if (missing !== undefined) throw invalidPart(path, `${missing} is missing`);
  },
};
