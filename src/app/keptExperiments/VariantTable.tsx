import { useStore } from 'zustand';
import { formatDuration, formatNumber } from '../../notebook/format.ts';
import type { KeptExperiment, KeptTemplate, KeptVariant } from '../../notebook/keptExperiments/types.ts';
import { deviationOf } from '../../notebook/keptExperiments/words.ts';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import type { KeptQueue } from './queue.ts';

type Metric = KeptTemplate['metrics'][number];

/** Every variant with how far it has come; `columns` stand between its name and its state. */
export function VariantTable<Variant extends KeptVariant, Experiment extends KeptExperiment<Variant>>(props: {
  readonly experiment: Experiment;
  readonly template: KeptTemplate;
  readonly queue: KeptQueue<Experiment>;
  readonly columns: readonly Column<Variant>[];
  readonly maxHeight: number;
}) {
  const { experiment, template, queue, columns, maxHeight } = props;
  const active = useStore(queue.store, (state) => state.active);
  const stateOf = ({ id, state }: Variant) => {
    if (active?.experiment === experiment.id && active.variant === id) return 'running';
    if (state.kind === 'failed') return `failed: ${state.error.message} ${state.error.remedy}`;
    return state.kind === 'done' ? formatDuration(state.elapsedMs) : 'waiting';
  };
  return (
    <DataTable
      name={`${template.title}: variants`}
      rows={experiment.variants}
      columns={[
        { id: 'name', header: 'Variant', value: ({ name }) => name, width: 'minmax(160px, 3fr)' },
        ...columns,
        { id: 'state', header: 'State', value: stateOf, width: 'minmax(84px, 1.5fr)' },
      ]}
      getKey={({ id }) => id}
      rowTone={({ state, isReference }) =>
        state.kind === 'failed' ? 'warn' : isReference ? 'quiet' : undefined
      }
      maxHeight={maxHeight}
    />
  );
}

/** A mean over seeds. */
export const metricColumn = <Variant extends KeptVariant>(
  { key, name }: Metric,
  width: string,
  format: (shown: number) => string = (shown) => formatNumber(shown, 3),
): Column<Variant> => ({
  id: key,
  header: name,
  value: ({ state }) => (state.kind === 'done' ? (state.values[key]?.mean ?? null) : null),
  format,
  width,
  isNumber: true,
});

/** How far the seeds of a metric lie apart. */
export const deviationColumn = <Variant extends KeptVariant>(
  experiment: KeptExperiment<Variant>,
  { key }: Metric,
): Column<Variant> => ({
  id: 'deviation',
  header: '± SD',
  value: ({ state }) => {
    const measured = state.kind === 'done' ? state.values[key] : undefined;
    return measured ? deviationOf(experiment, measured) : null;
  },
  format: (shown) => shown.toFixed(3),
  width: '68px',
  isNumber: true,
});
