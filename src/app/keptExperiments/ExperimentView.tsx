import { Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatCount, plural } from '../../notebook/format.ts';
import { countOf } from '../../notebook/keptExperiments/list.ts';
import type { KeptExperiment, KeptTemplate } from '../../notebook/keptExperiments/types.ts';
import { toast } from '../toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Output } from '../ui/Output.tsx';
import type { KeptQueue } from './queue.ts';
import './keptExperiments.css';

/** One question: what it shows in words, its plot (once something is finished) and its table. */
export function ExperimentView<Experiment extends KeptExperiment>(props: {
  readonly experiment: Experiment;
  readonly template: KeptTemplate;
  readonly queue: KeptQueue<Experiment>;
  readonly isBusy: boolean;
  /** What it was run on, at the end of the summary. */
  readonly on: string;
  readonly findings: readonly string[];
  /** Under the findings. */
  readonly remark?: string;
  readonly plot: ReactNode;
  readonly table: ReactNode;
}) {
  const { experiment, template, queue, isBusy, on, findings, remark, plot, table } = props;
  const { id, variants } = experiment;
  const [done, waiting, failed] = [
    countOf(experiment, 'done'),
    countOf(experiment, 'waiting'),
    countOf(experiment, 'failed'),
  ];
  const forget = () => {
    const undo = queue.forget(id);
    toast(`“${template.title}” was removed.`, { action: { label: 'Undo', run: undo } });
  };
  return (
    <Output
      name={template.title}
      summary={`${template.question} ${formatCount(done)} of ${plural(variants.length, 'variant')} done${failed > 0 ? `, ${formatCount(failed)} failed` : ''}; ${on}.`}
      tools={
        <>
          {waiting > 0 && !isBusy && <Button onPress={() => queue.goOn(id)}>Continue</Button>}
          {failed > 0 && !isBusy && <Button onPress={() => queue.tryAgain(id)}>Try failed ones again</Button>}
          <Button variant="quiet" icon={Trash2} isDisabled={isBusy} onPress={forget}>
            Remove
          </Button>
        </>
      }
    >
      {findings.length > 0 && (
        <ul className="lab-findings">
          {findings.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      {remark && <p className="small quiet">{remark}</p>}
      {done > 0 && plot}
      {table}
    </Output>
  );
}
