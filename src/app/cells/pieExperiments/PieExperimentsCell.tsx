import { FileUp, FlaskConical } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { CellStatus } from '../../../notebook/cells.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { neural, pieTemplates } from '../../../notebook/pieExperiments/templates.ts';
import { isWaiting, readPieExperiments } from '../../../notebook/pieExperiments/types.ts';
import { pickFiles } from '../../files.ts';
import { useParameters, useResult, useSession, useStatus } from '../../hooks.ts';
import { runner } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField } from '../../ui/fields.tsx';
import { OptionalNumberField } from '../../ui/OptionalNumberField.tsx';
import { EmptyState } from '../../ui/panels.tsx';
import { dataFileTypes } from '../dataset/actions.ts';
import { embeddingName } from '../embedding/store.ts';
import { tuningStore } from '../tuning/store.ts';
import { addSets, usesStore } from '../uses/store.ts';
import { PieExperimentView } from './PieExperimentView.tsx';
import { pieFacts, readTuned, startPieExperiment } from './store.ts';
import './pieExperiments.css';

/** Questions about embeddings that take several of them: each ends in a plot, a table and a sentence. */
export function PieExperimentsCell() {
  const [parameters, change] = useParameters('pieExperiments');
  const corpus = useSession((state) => state.corpus);
  const result = useResult('pieExperiments');
  const own = useStatus('pieExperiments');
  const experiments = useMemo(() => readPieExperiments(result?.summary), [result]);
  const open = experiments
    .flatMap(({ variants }) => variants)
    .filter(({ state }) => state.kind === 'waiting').length;
  const isBusy = own.state === 'running' || own.state === 'queued';
  useEffect(() => {
    if (corpus) readTuned();
  }, [corpus]);
  const status: CellStatus =
    !isBusy && own.state === 'done' && open > 0
      ? { state: 'stale', word: 'Waiting', why: `${plural(open, 'variant')} to go` }
      : own;
  return (
    <CellFrame
      cell="pieExperiments"
      title="Embedding experiments"
      purpose="Changes one thing about the embedding at a time and tests each: clusters against categories, what a probe can read, what lies nearest. TF-IDF stands in every one. What was finished is kept; after a reload the rest waits."
      status={status}
      controls={
        <>
          <NumberField
            label="Seeds"
            value={parameters.seeds}
            min={1}
            max={20}
            step={1}
            onChange={(seeds) => change({ seeds })}
          />
          <OptionalNumberField
            label="Texts a variant"
            value={parameters.rows}
            min={20}
            max={1_000_000}
            step={1}
            emptyText="all"
            onChange={(rows) => change({ rows })}
          />
          <TemplateList />
        </>
      }
      {...(open > 0 && !isBusy
        ? {
            primary: {
              label: `Continue ${plural(open, 'variant')}`,
              isDisabled: !corpus,
              tip: experiments
                .filter(isWaiting)
                .map(({ id }) => id)
                .join(', '),
            },
          }
        : {})}
      onStop={() => runner.stop('pieExperiments')}
    >
      {experiments.length === 0 ? (
        <EmptyState icon={FlaskConical} title="No experiment yet">
          <p>
            <strong>In:</strong> the open data, and the embedding cell’s network with its settings.{' '}
            <strong>Out:</strong> a plot, a table and a sentence for each question.
          </p>
        </EmptyState>
      ) : (
        [...experiments]
          .reverse()
          .map((experiment) => (
            <PieExperimentView key={experiment.id} experiment={experiment} isBusy={isBusy} />
          ))
      )}
    </CellFrame>
  );
}

function TemplateList() {
  const corpus = useSession((state) => state.corpus);
  const [embedding] = useParameters('embedding');
  // Both decide what can be asked.
  const sets = useStore(usesStore, (state) => state.sets);
  const tuned = useStore(tuningStore, (state) => state.encoders);
  const facts = useMemo(
    () => (corpus ? pieFacts() : null),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- what pieFacts() reads
    [corpus, embedding, sets, tuned],
  );
  return (
    <div className="pie-templates">
      <p className="small quiet">
        Network: {embeddingName(neural(embedding))}
        {sets.length > 0 && `; further data: ${sets.map(({ name }) => name).join(', ')}`}.
      </p>
      <ul className="pie-list">
        {pieTemplates.map(({ id, title, question, lacks, variants }) => {
          const lack = facts ? lacks(facts) : 'Open data first.';
          const count = facts && lack === null ? variants(facts).length : null;
          return (
            <li key={id} className="pie-template" aria-label={title}>
              <div>
                <h3>{title}</h3>
                <p className="small quiet">{lack ?? question}</p>
              </div>
              {id === 'domains' && (
                <Button
                  icon={FileUp}
                  variant="quiet"
                  isDisabled={!corpus}
                  onPress={() =>
                    void pickFiles({ accept: dataFileTypes, multiple: true }).then(addSets).catch(toastError)
                  }
                >
                  Add data sets
                </Button>
              )}
              <Button isDisabled={count === null} onPress={() => startPieExperiment(id)}>
                {count === null ? 'Run' : `Run ${formatCount(count)} variants`}
              </Button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
