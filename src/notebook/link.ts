import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { VerbenaError } from '../base/errors.ts';
import { defaultParameters, type NotebookParameters } from './parameters.ts';
import { parametersSchema } from './parametersSchema.ts';
import { completed, sparse, type Plain } from './plain.ts';
import { invalid } from './readDocument.ts';

export class LinkError extends VerbenaError<'link-damaged'> {}

const base = defaultParameters as unknown as Plain;

/** Beyond this a link would not hold parameters but an attack: inflated size, bytes. */
const maxInflatedBytes = 1_000_000;

/**
 * The part after `#` of a link that carries a title and the parameters which differ from the defaults.
 * The names of files travel, their contents never do.
 */
export function linkHash(title: string, parameters: NotebookParameters): string {
  const payload = JSON.stringify({ v: 1, t: title, p: sparse(parameters as unknown as Plain, base) ?? {} });
  const packed = deflateSync(strToU8(payload), { level: 9 });
  let binary = '';
  for (const byte of packed) binary += String.fromCharCode(byte);
  return `p=${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** Reads what `linkHash` wrote; null where the hash is about something else. Throws `LinkError` or `NotebookFileError`. */
export function readLinkHash(hash: string): { title: string; parameters: NotebookParameters } | null {
  const match = /^#?p=([\w-]+)$/.exec(hash);
  if (!match) return null;
  let payload: { v?: unknown; t?: unknown; p?: unknown };
  try {
    const binary = atob((match[1] as string).replaceAll('-', '+').replaceAll('_', '/'));
    const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const inflated = inflateSync(packed, { out: new Uint8Array(maxInflatedBytes) });
    payload = JSON.parse(strFromU8(inflated)) as typeof payload;
    if (payload.v !== 1 || typeof payload.t !== 'string') throw new Error('unknown version');
  } catch (cause) {
    throw new LinkError(
      'link-damaged',
      'The link is cut off or was made by a newer version.',
      'Ask for the link again, or open a notebook file instead.',
      {},
      cause,
    );
  }
  const parsed = parametersSchema.safeParse(completed(payload.p ?? {}, base));
  if (!parsed.success) throw invalid('link', parsed.error.issues);
  return { title: payload.t.slice(0, 500), parameters: parsed.data };
}
