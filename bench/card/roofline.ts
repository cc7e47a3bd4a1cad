import { memoryWords } from '../../src/models/memoryMode.ts';
import type { CardReport } from './report.ts';

const width = 760;
const height = 460;
const margin = { left: 70, right: 190, top: 44, bottom: 54 };
const colours = { f32: '#2f6f9f', f16: '#b3541e' } as const;

const escape = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/**
 * The best product of each class against the device's roof: memory on the left, the fastest product of each precision on the right.
 * Whole steps are lines across, since a step is many products. Both axes logarithmic; an SVG without scripts or fonts.
 */
export function rooflineSvg(report: CardReport): string {
  const { best, bytesPerSecond, steps } = report;
  const rates = [...best.map(({ gflops }) => gflops), ...steps.map(({ gflops }) => gflops)].filter(
    (rate) => rate > 0,
  );
  const intensities = best.map(({ intensity }) => intensity);
  const x = axis(
    Math.min(1, ...intensities),
    Math.max(10, ...intensities),
    margin.left,
    width - margin.right,
  );
  const y = axis(Math.min(...rates, 1e3) / 2, Math.max(...rates, 10) * 2, height - margin.bottom, margin.top);
  const roofs = (['f32', 'f16'] as const).flatMap((precision) => {
    const peak = Math.max(0, ...best.filter((p) => p.precision === precision).map(({ gflops }) => gflops));
    if (peak === 0) return [];
    // Where memory feeds the peak.
    const ridge = (peak * 1e9) / bytesPerSecond;
    const from = Math.max(x.from, (y.from * 1e9) / bytesPerSecond);
    const slope = from < ridge ? `M${x.at(from)},${y.at((from * bytesPerSecond) / 1e9)} L` : 'M';
    return [
      `<path d="${slope}${x.at(Math.min(ridge, x.to))},${y.at(Math.min(peak, (x.to * bytesPerSecond) / 1e9))} L${x.at(x.to)},${y.at(peak)}" fill="none" stroke="${colours[precision]}" stroke-width="1.5"/>`,
      label(width - margin.right + 6, y.at(peak), `${precision}: ${round(peak)} GFLOP/s`, colours[precision]),
    ];
  });
  const dots = best.map(
    (p) =>
      `<circle cx="${x.at(p.intensity)}" cy="${y.at(Math.max(p.gflops, y.from))}" r="4" fill="${colours[p.precision]}"><title>${escape(`${p.shapes}, ${p.tile}: ${round(p.gflops)} GFLOP/s`)}</title></circle>`,
  );
  const lines = steps.map(
    (step) =>
      `<path d="M${margin.left},${y.at(step.gflops)} H${width - margin.right}" stroke="${colours[step.precision]}" stroke-dasharray="4 4" opacity="0.6"><title>${escape(`step ${step.sequences} × ${step.length}, ${memoryWords(step.memory).toLowerCase()}: ${round(step.msPerStep)} ms`)}</title></path>`,
  );
  const grid = [
    ...x.ticks.map(
      (tick) =>
        `<path d="M${x.at(tick)},${margin.top} V${height - margin.bottom}" stroke="#ddd"/>${label(x.at(tick), height - margin.bottom + 16, power(tick), '#555', 'middle')}`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<path d="M${margin.left},${y.at(tick)} H${width - margin.right}" stroke="#ddd"/>${label(margin.left - 6, y.at(tick) + 4, power(tick), '#555', 'end')}`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${height}" fill="#fff"/>
${label(margin.left, 20, `${escape(report.adapter)}${remark(report)}`, '#111')}
${label(margin.left, 34, `memory ${round(bytesPerSecond / 1e9)} GB/s by a vector sum; roof: the fastest product; dots: best product of each class${steps.length > 0 ? '; dashes: whole steps' : ''}`, '#555')}
${grid.join('\n')}
${roofs.join('\n')}
${lines.join('\n')}
${dots.join('\n')}
${label((margin.left + width - margin.right) / 2, height - 14, 'operations a byte', '#333', 'middle')}
<text transform="translate(16 ${height / 2}) rotate(-90)" text-anchor="middle" fill="#333">GFLOP/s</text>
</svg>
`;
}

/** What keeps the plot from being read as a graphics card's. */
function remark({ isTiny, isSmall, isSoftware, host }: CardReport): string {
  if (isTiny) return ' (tiny sizes: proves the script, says nothing of the device)';
  const device = isSoftware ? `no graphics card, but a software adapter on ${host.cpu}` : null;
  const parts = [device, isSmall ? 'small sizes' : null].filter((part) => part !== null);
  return parts.length > 0 ? ` (${escape(parts.join('; '))})` : '';
}

const label = (x: number, y: number, text: string, fill: string, anchor = 'start') =>
  `<text x="${x}" y="${y}" fill="${fill}" text-anchor="${anchor}">${text}</text>`;

const round = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));
const power = (tick: number) =>
  tick >= 0.01 && tick <= 1e6 ? tick.toLocaleString('en') : tick.toExponential(0);

/** A logarithmic axis over whole powers of ten. */
function axis(least: number, most: number, begin: number, end: number) {
  const low = Math.floor(Math.log10(least));
  const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
  const at = (value: number) =>
    Number((begin + ((Math.log10(value) - low) / (high - low)) * (end - begin)).toFixed(1));
  return {
    at,
    from: 10 ** low,
    to: 10 ** high,
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
  };
}
