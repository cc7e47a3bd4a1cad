import { formatCount, plural } from '../../../notebook/format.ts';
import { pieTemplate } from '../../../notebook/pieExperiments/templates.ts';
import type { PieExperiment, PieVariant } from '../../../notebook/pieExperiments/types.ts';
import { findings } from '../../../notebook/pieExperiments/words.ts';
import { ExperimentView } from '../../keptExperiments/ExperimentView.tsx';
import { deviationColumn, metricColumn, VariantTable } from '../../keptExperiments/VariantTable.tsx';
import type { Column } from '../../ui/DataTable.tsx';
import { PieExperimentPlot } from './PieExperimentPlot.tsx';
import { pieQueue } from './store.ts';

/** One question: what it shows in words, its plot and its table. */
export function PieExperimentView(props: { readonly experiment: PieExperiment; readonly isBusy: boolean }) {
  const { experiment, isBusy } = props;
  const { id, rows, seeds } = experiment;
  const template = pieTemplate(id);
  const [first] = template.metrics;
  const columns: Column<PieVariant>[] = [
    ...template.metrics.map((metric) => metricColumn<PieVariant>(metric, 'minmax(72px, 1fr)')),
    ...(first ? [deviationColumn(experiment, first)] : []),
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
  ];
  return (
    <ExperimentView
      experiment={experiment}
      template={template}
      queue={pieQueue}
      isBusy={isBusy}
      on={`${rows === null ? 'all texts' : `at most ${plural(rows, 'text')}`}, ${plural(seeds, 'seed')}`}
      findings={findings(experiment)}
      plot={<PieExperimentPlot experiment={experiment} />}
      table={
        <VariantTable
          experiment={experiment}
          template={template}
          queue={pieQueue}
          columns={columns}
          maxHeight={360}
        />
      }
    />
  );
}
