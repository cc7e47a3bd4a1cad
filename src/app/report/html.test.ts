import { describe, expect, it } from 'vitest';
import { reportHtml, reportedRows, type Report } from './html.ts';
import { pictureScale } from './scale.ts';

const hostile = `<img src=x onerror=alert(1)>"'&`;

function report(rows: number): Report {
  return {
    title: hostile,
    madeAt: '2026-11-21T10:00:00.000Z',
    version: '0.1.0',
    theme: 'dark',
    parametersJson: JSON.stringify({ label: '</pre><script>alert(1)</script>' }),
    cells: [
      {
        title: 'Evaluation',
        purpose: hostile,
        state: 'Up to date',
        figures: [
          { label: 'Micro-F1', value: '0.812', baseline: '0.000 predicting nothing\n0.080 label prior' },
        ],
        notes: [hostile],
        provenance: 'data abc · seed 13',
        outputs: [
          { name: 'Plot', summary: hostile, picture: 'data:image/svg+xml;base64,PHN2Zy8+', table: null },
          {
            name: hostile,
            summary: 'rows',
            picture: null,
            table: {
              header: ['label', 'f1'],
              rows: Array.from({ length: rows }, (_, i) => [`${hostile} ${i}`, i === 0 ? Number.NaN : i / 7]),
            },
          },
        ],
      },
    ],
  };
}

describe('the report', () => {
  it('lets no text become markup', () => {
    const html = reportHtml(report(3));
    expect(html).not.toContain('<img src=x');
    expect(html).not.toContain('<script');
    // The one image is the plot, and it comes along.
    expect(html.match(/<img /g)).toHaveLength(1);
  });

  it('asks the network for nothing', () => {
    const html = reportHtml(report(3));
    expect(html).toContain(`default-src 'none'`);
    expect(html).not.toMatch(/(?:src|href)="(?!#|data:)/);
  });

  it('shows figures with their baselines, provenance and every row of a small table', () => {
    const html = reportHtml(report(3));
    expect(html).toContain('<b>0.812</b><span>0.000 predicting nothing<br>0.080 label prior</span>');
    expect(html).toContain('data abc · seed 13');
    expect(html.match(/<tr>/g)).toHaveLength(1 + 3);
    expect(html).toContain('<td class="num">–</td>');
  });

  it('folds long tables and says what it left out', () => {
    const html = reportHtml(report(reportedRows + 5));
    expect(html).toContain('<details>');
    expect(html.match(/<tr>/g)).toHaveLength(1 + reportedRows);
    expect(html).toContain('5 more rows');
  });
});

describe('the tall picture', () => {
  it('is drawn at twice the size while a canvas can hold it', () => {
    expect(pictureScale(1080, 4000)).toBe(2);
    const scale = pictureScale(1080, 20_000);
    expect(scale * 20_000).toBeLessThanOrEqual(16_384);
    const wide = pictureScale(16_000, 16_000);
    expect(wide * 16_000 * (wide * 16_000)).toBeLessThanOrEqual(268_435_456 + 1);
  });
});
