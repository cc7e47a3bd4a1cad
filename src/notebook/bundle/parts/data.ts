import * as z from 'zod/mini';
import { invalidPart } from '../errors.ts';
import { isSafeId } from '../manifest.ts';
import type { Offer } from '../member.ts';
import type { BundleStores, StoredFiles } from '../stores.ts';
import { fault, parsed } from './sets.ts';

// The data itself, as the copy that this browser keeps of it: texts, index and manifest. Only ever taken when asked.

export const keptFolder = 'corpus/kept';
const keptFile = /^(?:file-\d{1,6}|index|manifest\.json)$/u;

export const isDataFile = (name: string): boolean => keptFile.test(name);

/** The kept copies of these hashes. */
export async function offerData(stores: BundleStores, hashes: readonly string[]): Promise<Offer[]> {
  const { files } = stores;
  if (!files) return [];
  const offers: Offer[] = [];
  for (const hash of hashes.filter(isSafeId)) {
    const folder = `${keptFolder}/${hash}`;
    const found = (await files.list(folder)).filter(({ name, kind }) => kind === 'file' && isDataFile(name));
    if (!found.some(({ name }) => name === 'manifest.json')) continue;
    offers.push({
      kind: 'data',
      id: hash,
      name: await namesIn(files, folder),
      bytes: found.reduce((sum, { byteLength }) => sum + byteLength, 0),
      isOwn: true,
      async members() {
        const blobs = await Promise.all(
          found.map(async ({ name }) => {
            const content = await files.read(`${folder}/${name}`);
            return content
              ? [{ path: `data/${hash}/${name}`, content, isText: name.startsWith('file-') }]
              : [];
          }),
        );
        return blobs.flat();
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

/** Checks the copy's manifest, and that the files it names are there. Throws `bundle-invalid`. */
export function checkDataManifest(
  path: string,
  content: string,
  hash: string,
  names: ReadonlySet<string>,
): void {
  const read = schema.safeParse(parsed(path, content));
  if (!read.success) throw invalidPart(path, fault(read.error.issues));
  if (read.data.baseHash !== hash) throw invalidPart(path, 'it is of other data');
  const missing = ['index', ...read.data.files.map((_, at) => `file-${at}`)].find((name) => !names.has(name));
  if (missing !== undefined) throw invalidPart(path, `${missing} is missing`);
}
