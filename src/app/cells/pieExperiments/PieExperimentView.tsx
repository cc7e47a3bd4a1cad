import { Trash2 } from 'lucide-react';
import { useStore } from 'zustand';
import { formatCount, formatDuration, formatNumber } from '../../../notebook/format.ts';
import { pieTemplate } from '../../../notebook/pieExperiments/templates.ts';
import type { PieExperiment, PieVariant } from '../../../notebook/pieExperiments/types.ts';
import { findings } from '../../../notebook/pieExperiments/words.ts';
import { toast } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Output } from '../../ui/Output.tsx';
import { PieExperimentPlot } from './PieExperimentPlot.tsx';
import { forgetPieExperiment, goOn, pieQueue, tryAgain } from './store.ts';

/** One question: what it shows in words, its plot and its table. */
export function PieExperimentView(props: { readonly experiment: PieExperiment; readonly isBusy: boolean }) {
  const { experiment, isBusy } = props;
  const { id, variants } = experiment;
  const template = pieTemplate(id);
  const words = findings(experiment);
  const of = (kind: PieVariant['state']['kind']) =>
    variants.filter(({ state }) => state.kind === kind).length;
  const [done, waiting, failed] = [of('done'), of('waiting'), of('failed')];
  const forget = () => {
    const undo = forgetPieExperiment(id);
    toast(`“${template.title}” was removed.`, { action: { label: 'Undo', run: undo } });
  };
  return (
    <Output
      name={template.title}
      summary={`${template.question} ${formatCount(done)} of ${formatCount(variants.length)} variants done${failed > 0 ? `, ${formatCount(failed)} failed` : ''}; ${experiment.rows === null ? 'all texts' : `at most ${formatCount(experiment.rows)} texts`}, ${formatCount(experiment.seeds)} seeds.`}
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
        <ul className="pie-findings">
          {words.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      {done > 0 && <PieExperimentPlot experiment={experiment} />}
      <VariantTable experiment={experiment} />
    </Output>
  );
}

function VariantTable({ experiment }: { readonly experiment: PieExperiment }) {
  const active = useStore(pieQueue, (state) => state.active);
  const template = pieTemplate(experiment.id);
  const value = ({ state }: PieVariant, key: string) =>
    state.kind === 'done' ? (state.values[key]?.mean ?? null) : null;
  const stateOf = ({ id, state }: PieVariant) => {
    if (active?.experiment === experiment.id && active.variant === id) return 'running';
    if (state.kind === 'failed') return `failed: ${state.error.message} ${state.error.remedy}`;
    return state.kind === 'done' ? formatDuration(state.elapsedMs) : 'waiting';
  };
  const first = template.metrics[0];
  const columns: Column<PieVariant>[] = [
    { id: 'name', header: 'Variant', value: ({ name }) => name, width: 'minmax(180px, 3fr)' },
    ...template.metrics.map(({ key, name }): Column<PieVariant> => ({
      id: key,
      header: name,
      value: (variant) => value(variant, key),
      format: (shown) => formatNumber(shown, 3),
      width: 'minmax(72px, 1fr)',
      isNumber: true,
    })),
    {
      id: 'deviation',
      header: '± SD',
      value: ({ state }) =>
        state.kind === 'done' && first ? (state.values[first.key]?.deviation ?? null) : null,
      format: (shown) => shown.toFixed(3),
      width: '68px',
      isNumber: true,
    },
    {
      id: 'tokens',
      header: 'Prompt',
      value: ({ state }) => (state.kind === 'done' ? state.promptTokens : null),
      format: (shown) => `${formatCount(shown)} tok.`,
      width: '84px',
      isNumber: true,
    },
    {
      id: 'rows',
      header: 'Texts',
      value: ({ state }) => (state.kind === 'done' ? state.rows : null),
      width: '72px',
      isNumber: true,
    },
    { id: 'state', header: 'State', value: stateOf, width: 'minmax(96px, 1.5fr)' },
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
      maxHeight={360}
    />
  );
}
