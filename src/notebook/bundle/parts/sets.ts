import { jsonFile } from '../../../base/json.ts';
import * as z from 'zod/mini';
import { toJsonl } from '../../../core/incubator/pasted.ts';
import { collect, isTraceKey, type Reply } from '../../../core/incubator/replies.ts';
import { createGenerationArchive } from '../../generations/archive.ts';
import type { GenerationRecord, StoredGenerations } from '../../generations/types.ts';
import type { NotebookParameters } from '../../parameters.ts';
import { generatorKinds } from '../../incubatorParameters.ts';
import type { Plain } from '../../plain.ts';
import { checked } from '../json.ts';
import { isSafeId } from '../manifest.ts';
import { pathName, utf8Bytes, type Offer } from '../member.ts';
import type { BundleStores } from '../stores.ts';

// A generated set: its record, the replies as they came, and for other programs the objects that are in use of them.

/** The sets of a notebook. */
export async function offerSets(
  stores: BundleStores,
  notebookId: string,
  parameters: NotebookParameters,
): Promise<Offer[]> {
  const sets = await createGenerationArchive(stores.values, notebookId).peek();
  return sets.map((set): Offer => {
    const { record, replies } = set;
    const folder = `sets/${pathName(record.instruction)}-${record.id}`;
    const lines = replies.map((reply) => `${JSON.stringify(reply)}\n`).join('');
    const texts = [
      { path: `${folder}/set.json`, content: jsonFile({ ...record, replyCount: replies.length }) },
      { path: `${folder}/replies.jsonl`, content: lines },
      { path: `${folder}/objects.jsonl`, content: objectsInUse(set, parameters) },
    ];
    return {
      kind: 'set',
      id: record.id,
      name: record.instruction,
      bytes: texts.reduce((sum, { content }) => sum + utf8Bytes(content), 0),
      isOwn: true,
      members: async () => texts,
    };
  });
}

/** JSON Lines of the objects that classifiers learn from, under the rules of reading in force. */
function objectsInUse(
  { record, replies }: StoredGenerations,
  { incubator: { dropNearDuplicates, setAside, kept } }: NotebookParameters,
): string {
  const collected = collect(replies, {
    labels: record.labels,
    isSetAside: isTraceKey,
    setAsideKeys: setAside.find(({ setId }) => setId === record.id)?.keys ?? [],
    dropNearDuplicates,
  });
  const chosen = kept.find(({ setId }) => setId === record.id)?.objects;
  const inUse = collected.kept.filter(({ object }) => !chosen || chosen.includes(object));
  return toJsonl(
    collected.labels,
    inUse.map(({ texts }) => texts),
  );
}

const text = z.string().check(z.maxLength(200_000));
const count = z.number().check(z.gte(0));
// What a later version notes beside these is kept as it is.
const recordSchema = z.looseObject({
  id: z.string().check(z.refine(isSafeId, 'no id')),
  instruction: text,
  labels: z.nullable(z.array(text).check(z.maxLength(10_000))),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('generated'), generator: z.enum(generatorKinds), model: text }),
    z.object({ kind: z.literal('pasted') }),
    z.object({ kind: z.literal('file'), name: text }),
    z.object({ kind: z.literal('sample'), name: text }),
  ]),
  createdAt: z.string().check(z.maxLength(60)),
  settings: z.json(),
  replyCount: z.int().check(z.gte(0)),
  usage: z.object({
    requests: count,
    promptTokens: count,
    newTokens: count,
    busyMs: count,
    cost: count,
  }),
});
const replySchema = z.object({
  text: z.string(),
  finish: z.enum(['end', 'length', 'stopped', 'failed']),
});

/** Reads a set back. Throws `bundle-invalid` with the line. */
export function readSet(path: string, recordText: string, repliesText: string): StoredGenerations {
  const { settings, ...rest } = checked(`${path}/set.json`, recordText, recordSchema);
  const replies: Reply[] = [];
  for (const [at, line] of repliesText.split('\n').entries()) {
    if (line === '') continue;
    replies.push(checked(`${path}/replies.jsonl, line ${at + 1},`, line, replySchema));
  }
  const read: GenerationRecord = { ...rest, settings: settings as Plain, replyCount: replies.length };
  return { record: read, replies };
}
