import { describe, expect, it } from 'vitest';
import { parquetText, sniffParquet } from './parquet.ts';
import { writeParquet, type ParquetTestColumn } from './parquetTesting.ts';
import { indexBytes, jsonMapping } from './testing.ts';

const asFile = (bytes: Uint8Array<ArrayBuffer>) => ({
  byteLength: bytes.length,
  slice: (start: number, end?: number) => bytes.slice(start, end).buffer,
});
const group = (
  texts: readonly (string | null)[],
  labels: ParquetTestColumn['cells'],
): ParquetTestColumn[] => [
  { name: 'text', kind: 'text', cells: texts },
  { name: 'labels', kind: 'list', cells: labels },
];
const two = writeParquet([
  group(['Mix the dough', 'Bake it', null], [['Food', 'Baking'], ['Food', null], []]),
  group(['Sew a hem', 'Ärmel kürzen'], [null, ['Crafts']]),
]);
const textOf = async (bytes: Uint8Array<ArrayBuffer>, columns = ['text', 'labels']) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of parquetText('x.parquet', asFile(bytes), columns)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe('Parquet', () => {
  it('shows columns, lists and first rows', async () => {
    const { mapping, columns, preview, recognised } = await sniffParquet(
      'x.parquet',
      two.length,
      asFile(two),
      2,
    );
    expect({ columns, recognised }).toEqual({ columns: ['text', 'labels'], recognised: true });
    expect(mapping).toMatchObject({ format: 'parquet', textColumns: ['text'], labelColumns: ['labels'] });
    expect(preview).toEqual([
      ['Mix the dough', '["Food","Baking"]'],
      ['Bake it', '["Food",null]'],
    ]);
  });

  it('becomes rows over several row groups; null texts are bad rows', async () => {
    const bytes = await textOf(two);
    const { texts, labels, bad } = await indexBytes(
      bytes,
      { ...jsonMapping('jsonl'), format: 'parquet' },
      [],
    );
    expect(texts).toEqual(['Mix the dough', 'Bake it', 'Sew a hem', 'Ärmel kürzen']);
    expect(labels).toEqual([['Food', 'Baking'], ['Food'], [], ['Crafts']]);
    expect(bad.map(({ code, line }) => [code, line])).toEqual([['no-text', 3]]);
  });

  it('reads compressed pages', async () => {
    const columns = group(['Mix', 'Bake'], [['Food'], []]);
    expect(await textOf(writeParquet([columns], 'gzip'))).toEqual(await textOf(writeParquet([columns])));
  });

  it('refuses a row group that would not fit into memory, before it is read', async () => {
    const huge = writeParquet([group(['a'], [['b']])], 'plain', 300 << 20);
    await expect(sniffParquet('x', huge.length, asFile(huge), 5)).rejects.toMatchObject({
      code: 'parquet-unsupported',
    });
    await expect(textOf(huge)).rejects.toMatchObject({ code: 'parquet-unsupported' });
  });

  it('reads only the columns that are asked for', async () => {
    expect((await textOf(two, ['labels'])).toString().split('\n')[0]).toBe('{"labels":["Food","Baking"]}');
  });

  it('refuses structs by name and offers the other columns', async () => {
    const bytes = writeParquet([
      [
        { name: 'text', kind: 'text', cells: ['a'] },
        { name: 'steps', kind: 'struct', cells: ['b'] },
      ],
    ]);
    const sniffed = await sniffParquet('x.parquet', bytes.length, asFile(bytes), 5);
    expect(sniffed.columns).toEqual(['text']);
    expect(sniffed.notes.join(' ')).toContain('steps');
    await expect(textOf(bytes, ['steps'])).rejects.toMatchObject({ code: 'parquet-nested' });
    const only = writeParquet([[{ name: 'steps', kind: 'struct', cells: ['b'] }]]);
    await expect(sniffParquet('x', only.length, asFile(only), 5)).rejects.toMatchObject({
      code: 'parquet-nested',
    });
    await expect(textOf(two, ['body'])).rejects.toMatchObject({ code: 'no-text-column' });
  });

  it.each<[string, string, Uint8Array<ArrayBuffer>]>([
    ['cut off', 'parquet-invalid', two.slice(0, two.length - 20)],
    ['of its magic alone', 'parquet-invalid', two.slice(0, 4)],
    [
      'with a footer longer than the file',
      'parquet-invalid',
      patched(two, two.length - 8, [255, 255, 255, 127]),
    ],
    [
      'with a footer of noise',
      'parquet-invalid',
      patched(
        two,
        two.length - 60,
        Array.from({ length: 50 }, (_, i) => (i * 89) % 256),
      ),
    ],
    ['that is encrypted', 'parquet-unsupported', patched(two, two.length - 4, [0x50, 0x41, 0x52, 0x45])],
    ['without rows', 'header-only', writeParquet([group([], [])])],
  ])('refuses a file %s', async (_, code, bytes) => {
    await expect(sniffParquet('x.parquet', bytes.length, asFile(bytes), 5)).rejects.toMatchObject({ code });
  });

  it('keeps the row groups before a damaged one', async () => {
    const second = Buffer.from(two).indexOf('Sew a hem');
    // The page header of the second group's texts.
    const damaged = patched(
      two,
      second - 30,
      Array.from({ length: 26 }, () => 0xff),
    );
    const chunks: string[] = [];
    const read = async () => {
      for await (const chunk of parquetText('x', asFile(damaged), ['text']))
        chunks.push(new TextDecoder().decode(chunk));
    };
    await expect(read()).rejects.toMatchObject({ code: 'parquet-invalid' });
    expect(chunks.join('')).toContain('Bake it');
  });
});

function patched(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  replaced: readonly number[],
): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  copy.set(replaced, at);
  return copy;
}
