import * as z from 'zod/mini';
import { BundleError } from './errors.ts';
import { partKinds } from './member.ts';

export const manifestPath = 'manifest.json';
export const notebookPath = 'notebook.verbena.json';

/** What the zip holds, written last: every member with its length and hash, and which of them make a part together. */
export interface Manifest {
  readonly format: 'verbena-bundle';
  readonly version: 1;
  readonly writtenBy: string;
  /** ISO 8601 */
  readonly savedAt: string;
  readonly title: string;
  readonly parts: readonly ManifestPart[];
  readonly members: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

export interface ManifestPart {
  readonly kind: (typeof partKinds)[number];
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** Ids become keys and folder names. */
export const isSafeId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,119}$/u.test(id);

const path = z.string().check(z.minLength(1), z.maxLength(500));
const schema = z.object({
  format: z.literal('verbena-bundle'),
  version: z.literal(1),
  writtenBy: z.string().check(z.maxLength(200)),
  savedAt: z.string().check(z.maxLength(60)),
  title: z.string().check(z.maxLength(500)),
  parts: z
    .array(
      z.object({
        kind: z.enum(partKinds),
        id: z.string().check(z.refine(isSafeId, 'no id')),
        name: z.string().check(z.maxLength(2000)),
        members: z.array(path).check(z.maxLength(1000)),
      }),
    )
    .check(z.maxLength(100_000)),
  members: z
    .array(
      z.object({
        path,
        bytes: z.int().check(z.gte(0)),
        sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/u)),
      }),
    )
    .check(z.maxLength(100_000)),
});

/** Throws `bundle-foreign`, `bundle-newer`, `bundle-invalid`. */
export function parseManifest(text: string): Manifest {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new BundleError(
      'bundle-invalid',
      'The table of contents of this file (manifest.json) is not JSON.',
      'Save the notebook again where it came from. Nothing was opened.',
      {},
      cause,
    );
  }
  const { format, version } =
    typeof raw === 'object' && raw !== null ? (raw as { format?: unknown; version?: unknown }) : {};
  if (format !== 'verbena-bundle') throw foreign('its manifest.json is of something else');
  if (typeof version === 'number' && version > 1)
    throw new BundleError(
      'bundle-newer',
      `This file was saved by a newer Verbena (format ${version}; this one reads 1).`,
      'Reload the page to get the newest version, then open the file again.',
      { version },
    );
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BundleError(
      'bundle-invalid',
      `The table of contents of this file does not fit: ${issue?.path.join('.') ?? ''} (${issue?.message ?? ''}).`,
      'Save the notebook again where it came from. Nothing was opened.',
    );
  }
  return parsed.data;
}

export const foreign = (why: string) =>
  new BundleError(
    'bundle-foreign',
    `This is not a notebook that Verbena saved with everything: ${why}.`,
    'Open a file whose name ends in .verbena.zip, or drop data in a zip onto the page instead.',
  );
