import { Trash2 } from 'lucide-react';
import { useStore } from 'zustand';
import { formatCount, formatDuration, formatNumber } from '../../../notebook/format.ts';
import { incubatorTemplate } from '../../../notebook/incubatorExperiments/templates.ts';
import type { IncubatorExperiment, IncubatorVariant } from '../../../notebook/incubatorExperiments/types.ts';
import { findings, judgeWords } from '../../../notebook/incubatorExperiments/words.ts';
import { toast } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Output } from '../../ui/Output.tsx';
import { IncubatorExperimentPlot } from './ExperimentPlot.tsx';
import { forgetIncubatorExperiment, goOn, incubatorQueue, tryAgain } from './store.ts';

/** One question: what it shows in words, its plot and its table. */
export function IncubatorExperimentView(props: {
  readonly experiment: IncubatorExperiment;
  readonly isBusy: boolean;
}) {
  const { experiment, isBusy } = props;
  const { id, variants, setName, objects, seeds } = experiment;
  const template = incubatorTemplate(id);
  const of = (kind: IncubatorVariant['state']['kind']) =>
    variants.filter(({ state }) => state.kind === kind).length;
  const [done, waiting, failed] = [of('done'), of('waiting'), of('failed')];
  const words = findings(experiment);
  const forget = () => {
    const undo = forgetIncubatorExperiment(id);
    toast(`“${template.title}” was removed.`, { action: { label: 'Undo', run: undo } });
  };
  return (
    <Output
      name={template.title}
      summary={`${template.question} ${formatCount(done)} of ${formatCount(variants.length)} variants done${failed > 0 ? `, ${formatCount(failed)} failed` : ''}; set “${setName}” with ${formatCount(objects)} objects, ${formatCount(seeds)} ${seeds === 1 ? 'seed' : 'seeds'}.`}
      tools={
        <>
          {waiting > 0 && !isBusy && <Button onPress={() => goOn(id)}>Continue</Button>}
          {failed > 0 && !isBusy && <Button onPress={() => tryAgain(id)}>Try failed ones again</Button>}
          <Button variant="quiet" icon={Trash2} isDisabled={isBusy} onPress={forget}>
            Remove
          </Button>
        </>
      }
    >
      {words.length > 0 && (
        <ul className="lab-findings">
          {words.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <p className="small quiet">{judgeWords(experiment)}</p>
      {done > 0 && <IncubatorExperimentPlot experiment={experiment} />}
      <VariantTable experiment={experiment} />
    </Output>
  );
}

/** As wide as its heading: shared tracks would make the first column as many times wider as the widest heading. */
const widthOf = (heading: string) => `${Math.max(72, 7 * heading.length + 20)}px`;

function VariantTable({ experiment }: { readonly experiment: IncubatorExperiment }) {
  const active = useStore(incubatorQueue, (state) => state.active);
  const template = incubatorTemplate(experiment.id);
  const value = ({ state }: IncubatorVariant, key: string) =>
    state.kind === 'done' ? (state.values[key]?.mean ?? null) : null;
  const stateOf = ({ id, state }: IncubatorVariant) => {
    if (active?.experiment === experiment.id && active.variant === id) return 'running';
    if (state.kind === 'failed') return `failed: ${state.error.message} ${state.error.remedy}`;
    return state.kind === 'done' ? formatDuration(state.elapsedMs) : 'waiting';
  };
  const [first, ...others] = template.metrics;
  const isWhole = (key: string) => key === 'objects' || key === 'formulas';
  const columns: Column<IncubatorVariant>[] = [
    { id: 'name', header: 'Variant', value: ({ name }) => name, width: 'minmax(160px, 3fr)' },
    ...(first
      ? [
          {
            id: first.key,
            header: first.name,
            value: (variant: IncubatorVariant) => value(variant, first.key),
            format: (shown: number) => shown.toFixed(3),
            width: widthOf(first.name),
            isNumber: true,
          },
          {
            id: 'deviation',
            header: '± SD',
            value: ({ state }: IncubatorVariant) =>
              state.kind === 'done' ? (state.values[first.key]?.deviation ?? null) : null,
            format: (shown: number) => shown.toFixed(3),
            width: '68px',
            isNumber: true,
          },
        ]
      : []),
    ...others.map(({ key, name }): Column<IncubatorVariant> => ({
      id: key,
      header: name,
      value: (variant) => value(variant, key),
      format: (shown) => (isWhole(key) ? formatCount(Math.round(shown)) : formatNumber(shown, 3)),
      width: widthOf(name),
      isNumber: true,
    })),
    {
      id: 'judges',
      header: 'Judged by',
      value: ({ state }) => (state.kind === 'done' ? state.judges : null),
      width: '84px',
      isNumber: true,
    },
    { id: 'state', header: 'State', value: stateOf, width: 'minmax(72px, 1fr)' },
  ];
  return (
    <DataTable
      name={`${template.title}: variants`}
      rows={experiment.variants}
      columns={columns}
      getKey={({ id }) => id}
      rowTone={({ state, isReference }) =>
        state.kind === 'failed' ? 'warn' : isReference ? 'quiet' : undefined
      }
      maxHeight={320}
    />
  );
}
