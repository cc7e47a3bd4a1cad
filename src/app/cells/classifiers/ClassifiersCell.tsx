import { Plus, Sprout } from 'lucide-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { formatCount, formatMinute, formatNumber, plural } from '../../../notebook/format.ts';
import type { ClassifierParameters } from '../../../notebook/parameters.ts';
import type { ClassifierCard } from '../../../services/miner/contract.ts';
import { useParameters, useSession } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select, ShareField } from '../../ui/fields.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { ActionMenu } from '../../ui/Menu.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { incubatorStore, type PublishedSet } from '../incubator/store.ts';
import { usableRuns } from '../predict/store.ts';
import { trainingSession } from '../training/trainer.ts';
import { ClassTable } from './ClassTable.tsx';
import { ClassifierTable } from './ClassifierTable.tsx';
import { MappingPanel } from './MappingPanel.tsx';
import { TryPanel } from './TryPanel.tsx';
import { addRun, chosenCard, classifiersStore, loadClassifiers, nameOfSet, setToLearnFrom } from './store.ts';
import './classifiers.css';

/** A sentence becomes a classifier: trained on generated rows, judged on what there is to judge by. */
export function ClassifiersCell() {
  const [parameters, change] = useParameters('classifiers');
  const sets = useStore(incubatorStore, ({ published }) => published);
  const state = useStore(classifiersStore);
  const corpus = useSession(({ corpus }) => corpus);
  useEffect(() => {
    loadClassifiers().catch(toastError);
  }, []);
  const set = setToLearnFrom(sets, parameters.setId);
  const card = chosenCard(state);
  const own = card && state.real[card.id];
  const real = own && own.dataHash === corpus?.dataHash ? own : null;
  const texts = set ? set.set.samples.length * set.set.labels.length : 0;
  return (
    <CellFrame
      cell="classifiers"
      title="Incubated classifiers"
      purpose="Learns a classifier from the texts of a generated set: TF-IDF with a linear layer, in seconds, or an encoder of the engine. Its classes are the concepts of the Mining cell."
      controls={<Controls parameters={parameters} change={change} sets={sets} set={set} />}
      primary={{
        label: set ? `Train on ${plural(texts, 'generated text')}` : 'Train',
        lacks: set ? null : 'Generate, paste or open a set in the Incubator cell first.',
        ...(set && {
          tip: `${plural(set.set.samples.length, 'object')} of ${plural(set.set.labels.length, 'class', 'classes')}, ${set.origin}`,
        }),
      }}
      secondary={<RunMenu />}
    >
      {card ? (
        <>
          <Headline card={card} />
          <ClassifierTable cards={state.cards ?? []} chosen={card} />
          <MappingPanel card={card} real={real} />
          <ClassTable card={card} real={real} />
          {card.kind === 'linear' && <TryPanel card={card} />}
        </>
      ) : (
        <EmptyState icon={Sprout} title="No classifier yet">
          <p>
            <strong>In:</strong> a generated set: objects with one text of every class. <strong>Out:</strong>{' '}
            a classifier, how it does on held-out objects and, where labelled data is open, on real rows.
          </p>
        </EmptyState>
      )}
    </CellFrame>
  );
}

/** Runs of the Training cell whose labels may be concepts as well. */
function RunMenu() {
  const runs = useStore(trainingSession().store, (state) => state.runs);
  const usable = usableRuns(runs).filter(({ dataHash }) => !dataHash.startsWith('incubator-'));
  if (usable.length === 0) return null;
  return (
    <ActionMenu
      label="Use a trained run’s labels as concepts"
      icon={Plus}
      actions={usable.slice(0, 20).map((run) => ({
        id: run.runId,
        label: `${run.modelName}, ${formatMinute(run.createdAt)}: ${plural(run.labels.length, 'label')}`,
        run: () => void addRun(run).catch(toastError),
      }))}
    />
  );
}

function Headline({ card }: { readonly card: ClassifierCard }) {
  const corpus = useSession(({ corpus }) => corpus);
  const found = useStore(classifiersStore, ({ real }) => real[card.id]);
  const real = found && found.dataHash === corpus?.dataHash ? found.report : null;
  const { heldOut } = card;
  return (
    <>
      <FigureRow>
        <Figure
          label="Accuracy on real rows"
          value={real && formatNumber(real.accuracy, 3)}
          baseline={
            real
              ? `${formatNumber(real.majority, 3)} most frequent class · ${plural(real.rows, 'row')}`
              : 'needs labelled data, mapped below'
          }
        />
        <Figure
          label="Macro-F1 on real rows"
          value={real && formatNumber(real.macroF1, 3)}
          baseline={real ? `${plural(card.labels.length, 'class', 'classes')}` : ' '}
        />
        <Figure
          label="Accuracy on held-out objects"
          value={heldOut && formatNumber(heldOut.accuracy, 3)}
          baseline={
            heldOut
              ? `${formatNumber(heldOut.majority, 3)} most frequent class · ${plural(heldOut.rows, 'text')}`
              : 'nothing was held out'
          }
        />
        <Figure
          label="Learnt from"
          value={formatCount(card.rows)}
          unit="texts"
          baseline={
            card.dropped > 0 ? `${formatCount(card.dropped)} left out: blank or under two classes` : ' '
          }
        />
      </FigureRow>
      {heldOut && !real && (
        <Note>
          <p>
            The held-out figure judges generated texts by generated texts: the same generator wrote both, so
            it is easier than real rows. The kept classifier learnt from all objects.
          </p>
        </Note>
      )}
    </>
  );
}

interface ControlProps {
  readonly parameters: ClassifierParameters;
  readonly change: (patch: Partial<ClassifierParameters>) => void;
  readonly sets: readonly PublishedSet[];
  readonly set: PublishedSet | null;
}

function Controls(props: ControlProps) {
  const { parameters, change, sets, set } = props;
  return (
    <>
      <Select
        label="Generated set"
        value={set?.id ?? ''}
        onChange={(setId) => change({ setId })}
        width={260}
        isDisabled={sets.length === 0}
        options={
          sets.length === 0
            ? [{ value: '', label: 'none yet' }]
            : sets.toReversed().map((each) => ({
                value: each.id,
                label: nameOfSet(each),
                description: `${formatCount(each.set.samples.length)}${each.isDiversified ? ` of ${formatCount(each.generated)}` : ''} objects · ${each.origin}`,
              }))
        }
      />
      <Select
        label="Model"
        value={parameters.model}
        onChange={(model) => change({ model })}
        width={190}
        options={[
          { value: 'linear', label: 'TF-IDF, linear', description: 'Seconds; deterministic.' },
          {
            value: 'encoder',
            label: 'Encoder of the engine',
            description:
              'The Text cell’s model with the Training cell’s settings: cross-entropy, classes share one probability (softmax).',
          },
        ]}
      />
      {parameters.model === 'linear' && <LinearFields {...props} />}
      <ShareField
        label="Held out"
        value={parameters.heldOut}
        min={0}
        max={0.9}
        step={0.05}
        onChange={(heldOut) => change({ heldOut })}
      />
      <NumberField
        label="Seed"
        value={parameters.seed}
        min={0}
        step={1}
        onChange={(seed) => change({ seed })}
        width={110}
      />
    </>
  );
}

function LinearFields({ parameters, change }: ControlProps) {
  return (
    <>
      <Select
        label="Classes"
        value={parameters.training}
        onChange={(training) => change({ training })}
        width={190}
        options={[
          {
            value: 'joint',
            label: 'Told apart together',
            description: 'One softmax: “other” means none of these. The paper’s cross-entropy.',
          },
          {
            value: 'independent',
            label: 'One against the rest',
            description: 'Each class by itself: a text may be of several classes, or of none.',
          },
          { value: 'both', label: 'Both, to compare' },
        ]}
      />
      <Select
        label="Words"
        value={String(parameters.ngramMax) as '1' | '2'}
        onChange={(value) => change({ ngramMax: value === '1' ? 1 : 2 })}
        width={176}
        options={[
          { value: '2', label: 'Words and pairs' },
          { value: '1', label: 'Single words' },
        ]}
      />
      <NumberField
        label="C"
        term="inverseRegularisation"
        value={parameters.c}
        min={0.001}
        max={1000}
        onChange={(c) => change({ c })}
        width={110}
      />
    </>
  );
}
