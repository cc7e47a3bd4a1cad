import { formatPercent } from '../format.ts';
import { best, finished, isApart, measured as at, type Finished } from '../keptExperiments/list.ts';
import type { KeptTemplate } from '../keptExperiments/types.ts';
import { oneSeedWords, spreadWords } from '../keptExperiments/words.ts';
import { pieTemplate } from './templates.ts';
import type { PieExperiment, PieVariant } from './types.ts';

type Done = Finished<PieVariant>;

/** What an experiment shows, in sentences; none before two variants are finished. */
export function findings(experiment: PieExperiment): readonly string[] {
  const template = pieTemplate(experiment.id);
  const [metric] = template.metrics;
  const done = finished(experiment);
  if (!metric || done.length < 2) return [];
  return [
    ...answers(experiment.id, done, template.metrics, metric),
    ...oneSeedWords(experiment, metric.key),
    ...promptWords(done),
  ];
}

function answers(
  id: PieExperiment['id'],
  done: readonly Done[],
  metrics: KeptTemplate['metrics'],
  metric: KeptTemplate['metrics'][number],
): readonly string[] {
  switch (id) {
    case 'nuance':
      return metrics.flatMap(({ key, name }) => comparePie(done, key, `${name} read by the probe`));
    case 'steps':
      return stepWords(done);
    case 'negatives':
      return [
        ...bestAgainstReference(done, metric.key, metric.name),
        ...tuningWords(done, metric.key, metric.name),
      ];
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

/** Prompts that were not read whole: their rows do not stand for them. */
function promptWords(done: readonly Done[]): string[] {
  const cut = done.filter(({ variant: { state } }) => state.kind === 'done' && state.promptDropped);
  if (cut.length === 0) return [];
  const names = cut.map(({ variant }) => variant.name).join(', ');
  return [
    `Read without its first words, for want of room in the length limit: ${names}. Raise the limit in the embedding cell to compare it whole.`,
  ];
}

function bestAgainstReference(done: readonly Done[], key: string, metric: string): string[] {
  const reference = done.find(({ variant }) => variant.isReference);
  const leader = best(
    done.filter(({ variant }) => !variant.isReference),
    key,
  );
  if (!leader) return [];
  const { name } = leader.variant;
  if (!reference) return [`${name} is best: ${metric} ${spreadWords(at(leader, key))}.`];
  const [own, bar] = [at(leader, key), at(reference, key)];
  const verdict = !isApart(own, bar)
    ? 'no further from TF-IDF than seeds are from each other'
    : own.mean > bar.mean
      ? 'above TF-IDF'
      : 'below TF-IDF, which no network here has passed';
  return [
    `${name} is best of the networks: ${metric} ${spreadWords(own)}, ${verdict} (${spreadWords(bar)}).`,
  ];
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

/** What tuning brought, and what hard negatives did to it. */
function tuningWords(done: readonly Done[], key: string, metric: string): string[] {
  const [untuned, on, off] = ['untuned', 'own with', 'own without'].map((id) =>
    done.find(({ variant }) => variant.id === id),
  );
  const words: string[] = [];
  const tuned = best(
    [on, off].filter((one) => one !== undefined),
    key,
  );
  if (untuned && tuned) {
    const by = at(tuned, key).mean - at(untuned, key).mean;
    words.push(
      isApart(at(tuned, key), at(untuned, key))
        ? `Tuning ${by > 0 ? 'raises' : 'lowers'} ${metric} by ${Math.abs(by).toFixed(3)}, on categories that it did not see.`
        : `Tuning moves ${metric} by no more than chance (${Math.abs(by).toFixed(3)}), on categories that it did not see.`,
    );
  }
  if (on && off) {
    const by = at(on, key).mean - at(off, key).mean;
    words.push(
      isApart(at(on, key), at(off, key))
        ? `Hard negatives ${by > 0 ? 'raise' : 'lower'} ${metric} by ${Math.abs(by).toFixed(3)}; seeds are k-means', each encoder was tuned once.`
        : `With and without hard negatives ${metric} does not differ by more than chance (${Math.abs(by).toFixed(3)}).`,
    );
  }
  return words;
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
        ? `; ${reference.variant.series} ${spreadWords(at(reference, key))}${isApart(at(leader, key), at(reference, key)) ? '' : ', no further off than seeds are'}`
        : '';
    return [
      `${place}: ${leader.variant.series} is best, ${metric} ${spreadWords(at(leader, key))}${against}.`,
    ];
  });
}

function stepWords(done: readonly Done[]): string[] {
  const series = [...new Set(done.map(({ variant }) => variant.series))];
  return series.flatMap((name) => {
    const [one, several] = ['one step', 'several steps'].map((x) =>
      done.find(({ variant }) => variant.series === name && variant.x === x),
    );
    if (!one || !several) return [];
    return [
      `${name}: the nearest text has the same task for ${formatPercent(at(one, 'same').mean)} of texts with one step and ${formatPercent(at(several, 'same').mean)} with several; it shares a step for ${formatPercent(at(several, 'shared').mean)}.`,
    ];
  });
}
