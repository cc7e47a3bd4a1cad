import * as z from 'zod/mini';
import { tunedFolder } from '../../../models/files/sources.ts';
import { invalidPart } from '../errors.ts';
import { membersOf, type PartFolder } from '../folder.ts';
import { checked } from '../json.ts';
import { isSafeId } from '../manifest.ts';
import type { Offer } from '../member.ts';
import type { BundleStores } from '../stores.ts';

// A tuned encoder: the folder as it is kept, which transformers' from_pretrained reads. What an unfinished one needs to go on holds its
// texts as token ids, and is a part of its own.

const encodersFolder = tunedFolder('').replace(/\/$/u, '');
const wholeFile = /^(?:tuning|run|config|tokenizer|tokenizer_config|curves)\.json$|^model\.safetensors$/u;
const resumeFile = /^(?:checkpoint-[\w.-]{1,60}|rows)\.safetensors$/u;

function encoderPartOf(name: string): 'encoder' | 'encoder-resume' | null {
  if (wholeFile.test(name)) return 'encoder';
  return resumeFile.test(name) ? 'encoder-resume' : null;
}

export async function offerEncoders(
  stores: BundleStores,
  isOwn: (id: string, dataHash: string) => boolean,
): Promise<Offer[]> {
  const { files } = stores;
  if (!files) return [];
  const offers: Offer[] = [];
  for (const { name: id, kind } of await files.list(encodersFolder)) {
    const record =
      isSafeId(id) && kind === 'directory' ? await files.read(`${tunedFolder(id)}/tuning.json`) : null;
    if (!record) continue;
    const about = await aboutOf(record);
    const found = (await files.list(tunedFolder(id))).filter((entry) => entry.kind === 'file');
    for (const part of ['encoder', 'encoder-resume'] as const) {
      const own = found.filter((file) => encoderPartOf(file.name) === part);
      if (own.length === 0) continue;
      offers.push({
        kind: part,
        id,
        name: about.name ?? id,
        bytes: own.reduce((sum, { byteLength }) => sum + byteLength, 0),
        isOwn: isOwn(id, about.dataHash ?? ''),
        async members() {
          const names = own.map((file) => file.name);
          const members = await membersOf(files, tunedFolder(id), `encoders/${id}`, names);
          return members.filter(({ content }) => content.size > 0);
        },
      });
    }
  }
  return offers;
}

async function aboutOf(record: Blob): Promise<{ readonly name?: string; readonly dataHash?: string }> {
  try {
    return JSON.parse(await record.text()) as { name?: string; dataHash?: string };
  } catch {
    // Shown by its id: what is damaged is taken along as it is.
    return {};
  }
}

const text = z.string().check(z.maxLength(200_000));
const figure = z.nullable(z.number());
const schema = z.looseObject({
  id: z.string().check(z.refine(isSafeId, 'no id')),
  name: text,
  createdAt: text,
  state: z.enum(['running', 'done', 'stopped']),
  step: z.number(),
  totalSteps: z.number(),
  startedFrom: text,
  rows: z.number(),
  template: text,
  maxLength: z.number(),
  settings: z.looseObject({ pooling: z.enum(['mean', 'first', 'last', 'last-two-layers']) }),
  seed: z.number(),
  dataHash: text,
  device: text,
  elapsedMs: z.number(),
  loss: figure,
  alignment: figure,
  uniformity: figure,
});

export const encoderFolder: PartFolder = {
  zip: 'encoders',
  kinds: ['encoder', 'encoder-resume'],
  record: 'tuning.json',
  isRecordFirst: false,
  target: tunedFolder,
  kindOf: encoderPartOf,
  check(path, content, id) {
    if (checked(path, content, schema).id !== id) throw invalidPart(path, 'it is of another encoder');
  },
};
