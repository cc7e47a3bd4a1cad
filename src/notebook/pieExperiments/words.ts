import { formatNumber } from '../format.ts';
import { pieTemplate } from './templates.ts';
import type { Measured, PieExperiment, PieVariant } from './types.ts';

const three = (value: number) => formatNumber(value, 3);

interface Done {
  readonly variant: PieVariant;
  readonly values: Readonly<Record<string, Measured>>;
}

function finished({ variants }: PieExperiment): readonly Done[] {
  return variants.flatMap((variant) =>
    variant.state.kind === 'done' ? [{ variant, values: variant.state.values }] : [],
  );
}

/** Whether two means differ by more than seeds do: twice the deviation of their difference. */
export function isApart(a: Measured, b: Measured): boolean {
  return Math.abs(a.mean - b.mean) > 2 * Math.hypot(a.deviation, b.deviation);
}

/** What an experiment shows, in sentences; none before two variants are finished. */
export function findings(experiment: PieExperiment): readonly string[] {
  const template = pieTemplate(experiment.id);
  const [metric] = template.metrics;
  const done = finished(experiment);
  if (!metric || done.length < 2) return [];
  switch (experiment.id) {
    case 'nuance':
      return template.metrics.flatMap(({ key, name }) => comparePie(done, key, `${name} read by the probe`));
    case 'steps':
      return stepWords(done);
    case 'domains':
    case 'extraction':
      return byPlace(done, metric.key, metric.name);
    default:
      return [
        ...bestAgainstReference(done, metric.key, metric.name),
        ...comparePie(done, metric.key, metric.name),
      ];
  }
}

const at = ({ values }: Done, key: string) => values[key] ?? { mean: Number.NaN, deviation: 0 };
const shown = (measured: Measured) => `${three(measured.mean)} ± ${measured.deviation.toFixed(3)}`;

function best(done: readonly Done[], key: string): Done | undefined {
  return done.reduce<Done | undefined>(
    (a, b) => (a === undefined || at(b, key).mean > at(a, key).mean ? b : a),
    undefined,
  );
}

function bestAgainstReference(done: readonly Done[], key: string, metric: string): string[] {
  const reference = done.find(({ variant }) => variant.isReference);
  const leader = best(
    done.filter(({ variant }) => !variant.isReference),
    key,
  );
  if (!leader) return [];
  const { name } = leader.variant;
  if (!reference) return [`${name} is best: ${metric} ${shown(at(leader, key))}.`];
  const [own, bar] = [at(leader, key), at(reference, key)];
  const verdict = !isApart(own, bar)
    ? 'no further from TF-IDF than seeds are from each other'
    : own.mean > bar.mean
      ? 'above TF-IDF'
      : 'below TF-IDF, which no network here has passed';
  return [`${name} is best of the networks: ${metric} ${shown(own)}, ${verdict} (${shown(bar)}).`];
}

function comparePie(done: readonly Done[], key: string, metric: string): string[] {
  const [pie, semantic] = ['PIE', 'Semantic'].map((name) =>
    done.find(({ variant }) => variant.name === name),
  );
  if (!pie || !semantic) return [];
  const [a, b] = [at(pie, key), at(semantic, key)];
  const by = Math.abs(a.mean - b.mean).toFixed(3);
  if (!isApart(a, b))
    return [`${metric}: PIE and the semantic prompt do not differ by more than chance (${by}).`];
  return [`${metric}: PIE is ${by} ${a.mean > b.mean ? 'above' : 'below'} the semantic prompt.`];
}

function byPlace(done: readonly Done[], key: string, metric: string): string[] {
  const places = [...new Set(done.map(({ variant }) => String(variant.x)))];
  return places.flatMap((place) => {
    const here = done.filter(({ variant }) => String(variant.x) === place);
    const leader = best(here, key);
    if (!leader || here.length < 2) return [];
    const reference = here.find(({ variant }) => variant.isReference);
    const against =
      reference && reference !== leader
        ? `; ${reference.variant.series} ${shown(at(reference, key))}${isApart(at(leader, key), at(reference, key)) ? '' : ', no further off than seeds are'}`
        : '';
    return [`${place}: ${leader.variant.series} is best, ${metric} ${shown(at(leader, key))}${against}.`];
  });
}

function stepWords(done: readonly Done[]): string[] {
  const series = [...new Set(done.map(({ variant }) => variant.series))];
  return series.flatMap((name) => {
    const [one, several] = ['one step', 'several steps'].map((x) =>
      done.find(({ variant }) => variant.series === name && variant.x === x),
    );
    if (!one || !several) return [];
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    return [
      `${name}: the nearest text has the same task for ${percent(at(one, 'same').mean)} of texts with one step and ${percent(at(several, 'same').mean)} with several; it shares a step for ${percent(at(several, 'shared').mean)}.`,
    ];
  });
}
