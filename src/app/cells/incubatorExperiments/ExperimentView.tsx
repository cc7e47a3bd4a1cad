import { formatCount, plural } from '../../../notebook/format.ts';
import { incubatorTemplate } from '../../../notebook/incubatorExperiments/templates.ts';
import type { IncubatorExperiment, IncubatorVariant } from '../../../notebook/incubatorExperiments/types.ts';
import { findings, judgeWords } from '../../../notebook/incubatorExperiments/words.ts';
import { ExperimentView } from '../../keptExperiments/ExperimentView.tsx';
import { deviationColumn, metricColumn, VariantTable } from '../../keptExperiments/VariantTable.tsx';
import type { Column } from '../../ui/DataTable.tsx';
import { IncubatorExperimentPlot } from './ExperimentPlot.tsx';
import { incubatorQueue } from './store.ts';

/** As wide as its heading: shared tracks would make the first column as many times wider as the widest heading. */
const widthOf = (heading: string) => `${Math.max(72, 7 * heading.length + 20)}px`;

const isWhole = (key: string) => key === 'objects' || key === 'formulas';

/** One question: what it shows in words, its plot and its table. */
export function IncubatorExperimentView(props: {
  readonly experiment: IncubatorExperiment;
  readonly isBusy: boolean;
}) {
  const { experiment, isBusy } = props;
  const { id, setName, objects, seeds } = experiment;
  const template = incubatorTemplate(id);
  const [first, ...others] = template.metrics;
  const column = metricColumn<IncubatorVariant>;
  const columns: Column<IncubatorVariant>[] = [
    ...(first
      ? [column(first, widthOf(first.name), (shown) => shown.toFixed(3)), deviationColumn(experiment, first)]
      : []),
    ...others.map((metric) =>
      isWhole(metric.key)
        ? column(metric, widthOf(metric.name), (shown) => formatCount(Math.round(shown)))
        : column(metric, widthOf(metric.name)),
    ),
    {
      id: 'judges',
      header: 'Judged by',
      value: ({ state }) => (state.kind === 'done' ? state.judges : null),
      width: '84px',
      isNumber: true,
    },
  ];
  return (
    <ExperimentView
      experiment={experiment}
      template={template}
      queue={incubatorQueue}
      isBusy={isBusy}
      on={`set “${setName}” with ${plural(objects, 'object')}, ${plural(seeds, 'seed')}`}
      findings={findings(experiment)}
      remark={judgeWords(experiment)}
      plot={<IncubatorExperimentPlot experiment={experiment} />}
      table={
        <VariantTable
          experiment={experiment}
          template={template}
          queue={incubatorQueue}
          columns={columns}
          maxHeight={320}
        />
      }
    />
  );
}
