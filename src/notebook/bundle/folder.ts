import type { Member, PartKind } from './member.ts';
import type { StoredFiles } from './stores.ts';

/** Parts that are files of one folder here: a run, an encoder, a copy of data. */
export interface PartFolder {
  /** In the zip, with a folder of each id inside. */
  readonly zip: string;
  /** Of the parts that it is cut into. */
  readonly kinds: readonly PartKind[];
  /** The file that makes the folder valid. */
  readonly record: string;
  /** Whether the record is written before the other files, or after them. */
  readonly isRecordFirst: boolean;
  readonly target: (id: string) => string;
  /** The part that a file belongs to; null for what is no file of such a folder. */
  readonly kindOf: (name: string) => PartKind | null;
  /** Checks the record; `names`: the files that come with it. Throws `bundle-invalid`. */
  readonly check: (path: string, text: string, id: string, names: ReadonlySet<string>) => void;
}

/** Files of a folder as members; one that was deleted since it was listed is left out. */
export async function membersOf(
  files: StoredFiles,
  folder: string,
  zipFolder: string,
  names: readonly string[],
): Promise<readonly (Member & { readonly content: Blob })[]> {
  const members = await Promise.all(
    names.map(async (name) => {
      const content = await files.read(`${folder}/${name}`);
      return content ? [{ path: `${zipFolder}/${name}`, content }] : [];
    }),
  );
  return members.flat();
}
