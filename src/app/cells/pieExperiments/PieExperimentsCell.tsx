import { FileUp, FlaskConical } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { neural, pieTemplates } from '../../../notebook/pieExperiments/templates.ts';
import { pieExperimentIds, type PieExperiment } from '../../../notebook/pieExperiments/types.ts';
import { pickFiles } from '../../files.ts';
import { lacksData } from '../../lacks.ts';
import { useParameters, useSession } from '../../hooks.ts';
import { Templates } from '../../keptExperiments/Templates.tsx';
import { useKept } from '../../keptExperiments/useKept.ts';
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
import { pieFacts, pieQueue, readTuned } from './store.ts';

/** Questions about embeddings that take several of them: each ends in a plot, a table and a sentence. */
export function PieExperimentsCell() {
  const [parameters, change] = useParameters('pieExperiments');
  const corpus = useSession((state) => state.corpus);
  const { experiments, isBusy, status, primary } = useKept<PieExperiment>('pieExperiments', pieExperimentIds);
  useEffect(() => {
    if (corpus) readTuned();
  }, [corpus]);
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
      primary={primary && { ...primary, lacks: corpus ? null : lacksData }}
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
        experiments.map((experiment) => (
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
    <Templates
      templates={pieTemplates}
      facts={facts}
      missing={lacksData}
      onRun={pieQueue.start}
      intro={`Network, pooling and prompt: ${embeddingName(neural(embedding))}${sets.length > 0 ? `; further data: ${sets.map(({ name }) => name).join(', ')}` : ''}.`}
      extras={{
        domains: (
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
        ),
      }}
    />
  );
}
