import { formatCount } from '../format.ts';
import { best, finished, isApart, measured as of, nothing, type Finished } from '../keptExperiments/list.ts';
import type { KeptTemplate } from '../keptExperiments/types.ts';
import { oneSeedWords, spreadWords } from '../keptExperiments/words.ts';
import { incubatorTemplate } from './templates.ts';
import type { IncubatorExperiment, IncubatorVariant } from './types.ts';

type Done = Finished<IncubatorVariant>;

/** Who judges, in a sentence: numbers on generated texts say nothing of real ones. */
export function judgeWords({ judgedBy }: IncubatorExperiment): string {
  return judgedBy.kind === 'real'
    ? `Judged on real rows of the open data (${formatCount(judgedBy.rows)} ${judgedBy.rows === 1 ? 'carries' : 'carry'} one mapped class).`
    : 'Judged on held-out generated objects: these flatter, because the same generator wrote them. Open labelled data with the same classes to judge on real rows.';
}

/** What an experiment shows, in sentences; none before two variants are finished. */
export function findings(experiment: IncubatorExperiment): readonly string[] {
  const done = finished(experiment);
  const [metric] = incubatorTemplate(experiment.id).metrics;
  if (!metric || done.length < 2) return [];
  return [...answers(experiment, done, metric), ...oneSeedWords(experiment, metric.key)];
}

function answers(
  experiment: IncubatorExperiment,
  done: readonly Done[],
  { key, name }: KeptTemplate['metrics'][number],
): readonly string[] {
  switch (experiment.id) {
    case 'k':
      return [...bestWords(done, key, name), ...againstReference(done, key)];
    case 'method':
      return methodWords(done, key, name);
    case 'samples':
      return sampleWords(done);
    case 'diversified':
      return againstReference(done, key);
    case 'dependence':
      return dependenceWords(done);
    case 'compound':
      return compoundWords(done);
    case 'paraphrase':
      return paraphraseWords(done, experiment);
  }
}

const worst = (done: readonly Done[], key: string): Done | undefined =>
  done.reduce<Done | undefined>((a, b) => (!a || of(b, key).mean < of(a, key).mean ? b : a), undefined);

function bestWords(done: readonly Done[], key: string, metric: string): string[] {
  const own = done.filter(({ variant }) => !variant.isReference);
  const [top, low] = [best(own, key), worst(own, key)];
  if (!top || !low || top === low) return [];
  const verdict = isApart(of(top, key), of(low, key))
    ? `and ${low.variant.x} worst (${spreadWords(of(low, key))})`
    : `but no value of K differs from another by more than seeds do`;
  return [`K = ${top.variant.x} is best: ${metric.toLowerCase()} ${spreadWords(of(top, key))}, ${verdict}.`];
}

/** Pairs at the same place on the axis: how often clusters beat chance, and by how much. */
function againstReference(done: readonly Done[], key: string): string[] {
  const gaps = done
    .filter(({ variant }) => !variant.isReference)
    .flatMap((own) => {
      const bar = done.find(({ variant }) => variant.isReference && variant.x === own.variant.x);
      return bar ? [{ own, bar, gap: of(own, key).mean - of(bar, key).mean }] : [];
    });
  if (gaps.length === 0) return [];
  const above = gaps.filter(({ own, bar, gap }) => gap > 0 && isApart(of(own, key), of(bar, key))).length;
  const below = gaps.filter(({ own, bar, gap }) => gap < 0 && isApart(of(own, key), of(bar, key))).length;
  const mean = gaps.reduce((sum, { gap }) => sum + gap, 0) / gaps.length;
  const by = `${(100 * Math.abs(mean)).toFixed(1)} points ${mean < 0 ? 'below' : 'above'}`;
  return [
    `Against as many objects drawn by chance, the chosen ones are clearly better at ${above} of ${gaps.length} counts, clearly worse at ${below}; on average ${by}.`,
  ];
}

function methodWords(done: readonly Done[], key: string, metric: string): string[] {
  const chance = done.find(({ variant }) => variant.isReference);
  const top = best(
    done.filter(({ variant }) => !variant.isReference),
    key,
  );
  if (!top) return [];
  const bar = chance ? of(chance, key) : nothing;
  const verdict = !chance
    ? ''
    : isApart(of(top, key), bar)
      ? `; a draw by chance has ${spreadWords(bar)}`
      : `, no further from a draw by chance (${spreadWords(bar)}) than seeds are from each other`;
  const spread = best(done, 'distance');
  return [
    `${top.variant.series} is best of the clusterings: ${metric.toLowerCase()} ${spreadWords(of(top, key))}${verdict}.`,
    ...(spread
      ? [
          `The objects lie furthest apart under ${spread.variant.series} (mean cosine distance ${of(spread, 'distance').mean.toFixed(3)}).`,
        ]
      : []),
  ];
}

function sampleWords(done: readonly Done[]): string[] {
  const curve = (isReal: boolean) =>
    done
      .filter(({ variant }) => variant.isReference === isReal)
      .sort((a, b) => Number(a.variant.x) - Number(b.variant.x));
  const [generated, real] = [curve(false), curve(true)];
  const [first, last] = [generated[0], generated.at(-1)];
  if (!first || !last || first === last) return [];
  const limit = of(last, 'accuracy').mean - 0.01;
  const enough = generated.find((one) => of(one, 'accuracy').mean >= limit) ?? last;
  const sentences = [
    `Accuracy goes from ${spreadWords(of(first, 'accuracy'))} at ${formatCount(Number(first.variant.x))} objects to ${spreadWords(of(last, 'accuracy'))} at ${formatCount(Number(last.variant.x))}; ${enough === last ? 'it still grows at the end' : `${formatCount(Number(enough.variant.x))} come within a point of it`}.`,
  ];
  const bar = real.at(-1);
  const same = bar && generated.find(({ variant }) => variant.x === bar.variant.x);
  if (bar && same)
    sentences.push(
      `With ${formatCount(Number(bar.variant.x))} of each class, real rows have ${spreadWords(of(bar, 'accuracy'))} and generated ones ${spreadWords(of(same, 'accuracy'))}.`,
    );
  return sentences;
}

function dependenceWords(done: readonly Done[]): string[] {
  return done
    .filter(({ variant }) => !variant.isReference)
    .flatMap((joint) => {
      const alone = done.find(({ variant }) => variant.isReference && variant.x === joint.variant.x);
      if (!alone) return [];
      const [a, b] = [of(joint, 'accuracy'), of(alone, 'accuracy')];
      const verdict = !isApart(a, b)
        ? 'no further apart than seeds are'
        : a.mean > b.mean
          ? 'better together'
          : 'better each on its own';
      return [
        `${joint.variant.x}: accuracy ${spreadWords(a)} together, ${spreadWords(b)} each on its own: ${verdict}.`,
      ];
    });
}

function compoundWords(done: readonly Done[]): string[] {
  const series = [...new Set(done.map(({ variant }) => variant.series))];
  return series.flatMap((name) => {
    const own = done
      .filter(({ variant }) => variant.series === name)
      .sort((a, b) => Number(a.variant.x) - Number(b.variant.x));
    const [first, last] = [own[0], own.at(-1)];
    if (!first || !last || first === last) return [];
    const [a, b] = [of(first, 'averagePrecision').mean, of(last, 'averagePrecision').mean];
    return [
      `${name}: average precision ${a.toFixed(3)} with ${first.variant.x} concept${first.variant.x === 1 ? '' : 's'}, ${b.toFixed(3)} with ${last.variant.x} (chance ${of(last, 'chance').mean.toFixed(3)}).`,
    ];
  });
}

function paraphraseWords(done: readonly Done[], { objects }: IncubatorExperiment): string[] {
  const own = done.filter(({ variant }) => !variant.isReference);
  const [top, low] = [best(own, 'accuracy'), worst(own, 'accuracy')];
  const original = done.find(({ variant }) => variant.isReference);
  if (!top || !low || own.length < 2) return [];
  const range = `from ${of(low, 'accuracy').mean.toFixed(3)} to ${of(top, 'accuracy').mean.toFixed(3)}`;
  const bar = original
    ? `; the set itself, of ${formatCount(objects)} objects, has ${spreadWords(of(original, 'accuracy'))} with as many`
    : '';
  return [`Over ${own.length} paraphrases accuracy runs ${range}${bar}.`];
}
