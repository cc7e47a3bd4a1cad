import type { ComparisonReport } from '../../../core/statistics/compare.ts';
import { formatNumber } from '../../../notebook/format.ts';

type Judged = Pick<ComparisonReport, 'names' | 'metrics' | 'scores' | 'pairs'>;

/** Which model stands highest under a metric, and from which others it can be told apart. */
export function leaderSentence(report: Judged, metric: ComparisonReport['metrics'][number]): string {
  const at = report.metrics.indexOf(metric);
  const estimates = report.scores.map((scores) => scores[at]?.estimate ?? Number.NEGATIVE_INFINITY);
  const best = estimates.indexOf(Math.max(...estimates));
  const apart: string[] = [];
  const alike: string[] = [];
  for (const pair of report.pairs) {
    if (pair.metric !== metric || (pair.first !== best && pair.second !== best)) continue;
    const other = report.names[pair.first === best ? pair.second : pair.first] ?? '';
    (pair.isDistinguishable ? apart : alike).push(other);
  }
  const confidence = `at ${formatNumber((report.scores[0]?.[at]?.confidence ?? 0.95) * 100, 0)} %`;
  const verdict =
    alike.length === 0
      ? `told apart from all others ${confidence}`
      : apart.length === 0
        ? `not distinguishable from any other ${confidence}`
        : `told apart ${confidence} from ${listed(apart)}, not from ${listed(alike)}`;
  return `${report.names[best] ?? ''} stands highest with ${formatNumber(estimates[best] ?? 0)}; ${verdict}.`;
}

const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
