import { expect, it } from 'vitest';
import { toCsv } from './csv.ts';

it('quotes what would be read as something else, and keeps numbers whole', () => {
  const rows = [
    ['plain', 0.1 + 0.2],
    ['a, "b"', null],
    [' padded', undefined],
    ['two\nlines', true],
  ];
  expect(toCsv(['name', 'value'], rows)).toBe(
    'name,value\r\nplain,0.30000000000000004\r\n"a, ""b""",\r\n" padded",\r\n"two\nlines",true\r\n',
  );
});
