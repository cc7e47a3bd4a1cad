import { FlaskConical } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { formatCount, plural } from '../../../notebook/format.ts';
import { incubatorTemplates } from '../../../notebook/incubatorExperiments/templates.ts';
import {
  incubatorExperimentIds,
  type IncubatorExperiment,
} from '../../../notebook/incubatorExperiments/types.ts';
import { useNotebook, useParameters, useSession } from '../../hooks.ts';
import { Templates } from '../../keptExperiments/Templates.tsx';
import { useKept } from '../../keptExperiments/useKept.ts';
import { runner } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select } from '../../ui/fields.tsx';
import { EmptyState } from '../../ui/panels.tsx';
import { nameOfSet } from '../classifiers/store.ts';
import { consentStore, decoderFilesStore } from '../incubator/generators.ts';
import { incubatorStore, loadSets, type PublishedSet } from '../incubator/store.ts';
import { IncubatorExperimentView } from './ExperimentView.tsx';
import { chosenGeneratedSet, factsOf, judgedByNow } from './material.ts';
import { incubatorQueue } from './store.ts';

/** Questions about a generated set that take many classifiers: each ends in a plot, a table and a sentence. */
export function IncubatorExperimentsCell() {
  const [parameters, change] = useParameters('incubatorExperiments');
  const sets = useStore(incubatorStore, (state) => state.published);
  const { experiments, isBusy, status, primary } = useKept<IncubatorExperiment>(
    'incubatorExperiments',
    incubatorExperimentIds,
  );
  useEffect(() => {
    loadSets().catch(toastError);
  }, []);
  const chosen = chosenGeneratedSet(sets, parameters.setId);
  return (
    <CellFrame
      cell="incubatorExperiments"
      title="Incubator experiments"
      purpose="Asks of a generated set what the paper asks: how many objects, which to keep, which clustering, classes together or apart, longer queries, other wordings. The TF-IDF reference answers in seconds. What was finished is kept; after a reload the rest waits."
      status={status}
      controls={
        <>
          {sets.length > 0 && (
            <Select
              label="Generated set"
              value={chosen?.id ?? ''}
              width={260}
              onChange={(setId) => change({ setId })}
              options={sets.map((set) => ({
                value: set.id,
                label: nameOfSet(set),
                description: `${plural(set.set.samples.length, 'object')}, ${set.origin}`,
              }))}
            />
          )}
          <NumberField
            label="Seeds"
            value={parameters.seeds}
            min={1}
            max={20}
            step={1}
            onChange={(seeds) => change({ seeds })}
          />
          <NumberField
            label="Objects a paraphrase"
            value={parameters.paraphraseObjects}
            min={16}
            max={512}
            step={16}
            onChange={(paraphraseObjects) => change({ paraphraseObjects })}
          />
          <TemplateList chosen={chosen} />
        </>
      }
      primary={primary && { ...primary, run: () => void runner.run('incubatorExperiments') }}
      onStop={() => runner.stop('incubatorExperiments')}
    >
      {experiments.length === 0 ? (
        <EmptyState icon={FlaskConical} title="No experiment yet">
          <p>
            <strong>In:</strong> a generated set, and labelled data with the same classes where there is some.{' '}
            <strong>Out:</strong> a plot, a table and a sentence for each question.
          </p>
        </EmptyState>
      ) : (
        experiments.map((experiment) => (
          <IncubatorExperimentView key={experiment.id} experiment={experiment} isBusy={isBusy} />
        ))
      )}
    </CellFrame>
  );
}

function TemplateList({ chosen }: { readonly chosen: PublishedSet | null }) {
  // All of these decide what can be asked, and who judges.
  const table = useSession((state) => state.labelTable);
  const modelFiles = useSession((state) => state.modelFiles);
  const mapping = useNotebook((state) => state.parameters.classifiers.mapping);
  const incubator = useNotebook((state) => state.parameters.incubator);
  const generated = useNotebook((state) => state.results.incubator);
  const count = useNotebook((state) => state.parameters.incubatorExperiments.paraphraseObjects);
  const allowed = useStore(consentStore, (state) => state.allowed);
  const files = useStore(decoderFilesStore, (state) => state.files);
  const known = useMemo(
    () => (chosen ? { facts: factsOf(chosen), judge: judgedByNow(chosen) } : null),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- what factsOf() reads
    [chosen, table, modelFiles, mapping, incubator, generated, count, allowed, files],
  );
  return (
    <Templates
      templates={incubatorTemplates}
      facts={known?.facts ?? null}
      missing="Generate or open a set in the Incubator cell first."
      onRun={incubatorQueue.start}
      intro={
        known &&
        (known.judge.kind === 'real'
          ? `Judged on real rows: ${formatCount(known.judge.rows)} of the open data ${known.judge.rows === 1 ? 'carries' : 'carry'} exactly one of the mapped classes; the mapping is that of Incubated classifiers.`
          : `Judged on a quarter of the objects, held out: ${table ? 'the open data has no rows for some of these classes' : 'no labelled data is open'}. Texts of one generator flatter each other.`)
      }
    />
  );
}
