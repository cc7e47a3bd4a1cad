import { describe, expect, it } from 'vitest';
import { csvRows, reportHtml, textTable } from './headlessReport.ts';

describe('the headless report', () => {
  it('shows text from files as text', () => {
    const hostile = '<script>alert(1)</script>';
    const html = reportHtml({
      title: hostile,
      facts: [['Data', hostile]],
      cells: [
        {
          title: 'Labels',
          state: 'Done',
          provenance: hostile,
          figures: [{ label: hostile, value: '1', baseline: '' }],
          outputs: [{ name: hostile, png: null, csv: `label\n"${hostile}"` }],
        },
      ],
    });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain("default-src 'none'");
  });

  it('reads the CSV that the page writes', () => {
    expect(csvRows('a,b\r\n"x, ""y""","line\nbreak"\r\n')).toEqual([
      ['a', 'b'],
      ['x, "y"', 'line\nbreak'],
    ]);
    expect(csvRows('\uFEFFa,b\n,')).toEqual([
      ['a', 'b'],
      ['', ''],
    ]);
    expect(csvRows('')).toEqual([]);
  });

  it('embeds pictures and leaves long tables to the CSV file', () => {
    const csv = `n\n${Array.from({ length: 250 }, (_, n) => n).join('\n')}\n`;
    const outputs = [
      { name: 'Curve', png: Buffer.from('png'), csv },
      { name: 'Rows', png: null, csv },
    ];
    const html = reportHtml({
      title: 't',
      facts: [],
      cells: [{ title: 'c', state: '', provenance: '', figures: [], outputs }],
    });
    expect(html).toContain('data:image/png;base64,cG5n');
    expect(html).toContain('150 more rows');
    expect(html.match(/<tr><td>/gu)).toHaveLength(100);
  });

  it('lines numbers up', () => {
    expect(
      textTable([
        ['metric', 'model'],
        ['F1', '0.8'],
      ]),
    ).toBe('metric  model\nF1        0.8');
  });
});
