import { FileUp, ListPlus } from 'lucide-react';
import { useStore } from 'zustand';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import type { UseParameters } from '../../../notebook/parameters.ts';
import { pickFiles } from '../../files.ts';
import { lacksData } from '../../lacks.ts';
import { useParameters, useResult, useSession } from '../../hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField } from '../../ui/fields.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { LetGo } from '../../ui/LetGo.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { embeddingStore } from '../embedding/store.ts';
import { instructionsStore } from '../instructions/store.ts';
import { Correlation } from './Correlation.tsx';
import { Retrieval } from './Retrieval.tsx';
import { SelectionView } from './SelectionView.tsx';
import { loadScores, randomDraws, usesStore, type UseNumbers } from './store.ts';
import './uses.css';

/** What the vectors are good for: demonstrations, a small training set, a small benchmark, data sets held side by side. */
export function UsesCell() {
  const [parameters, change] = useParameters('uses');
  const corpus = useSession((state) => state.corpus);
  const result = useResult('uses');
  const last = useStore(usesStore, (state) => state.selection);
  const given = useStore(usesStore, (state) => state.given);
  const instructions = useStore(instructionsStore, (state) => state.instructions);
  const embedding = useStore(embeddingStore, (state) => state.embedding);
  const isOpen = (one: { readonly dataHash: string } | null) =>
    one !== null && one.dataHash === corpus?.dataHash;
  const isReady = isOpen(instructions) && isOpen(embedding);
  const selection = last?.dataHash === corpus?.dataHash ? last : null;
  const numbers = result?.summary as unknown as UseNumbers | undefined;
  return (
    <CellFrame
      cell="uses"
      title="Use embeddings"
      purpose="Puts the vectors to work: examples for a prompt, few texts that stand for many, a benchmark made small, and how near other data sets are to this one."
      controls={<Controls parameters={parameters} change={change} />}
      primary={{
        label: corpus
          ? `Choose ${formatCount(Math.min(parameters.keep, Math.max(2, Math.floor(corpus.rowCount / 2))))} of ${plural(corpus.rowCount, 'text')}`
          : 'Choose texts',
        lacks: corpus ? null : lacksData,
        tip: 'k-means with as many clusters as texts to keep; the text nearest to each centre stays. Finds categories and embeds first, where that is not done.',
      }}
      secondary={
        <Button
          icon={FileUp}
          tip="A CSV with a row a text in the order of the data, and a column of numbers a system: does the small benchmark rank them alike?"
          onPress={() =>
            void pickFiles({ accept: '.csv,.tsv' }).then(([file]) => (file ? loadScores(file) : undefined))
          }
          isDisabled={!corpus}
        >
          {given && isOpen(given)
            ? `${plural(given.systems.length, 'system')} to rank`
            : 'Load scores of systems'}
        </Button>
      }
    >
      {numbers ? (
        <Numbers numbers={numbers} />
      ) : (
        <EmptyState icon={ListPlus} title="Nothing chosen yet">
          <p>
            <strong>In:</strong> vectors and categories. <strong>Out:</strong> the texts that stand for all,
            how many categories they cover against {formatCount(randomDraws)} random choices, and whether
            systems rank on them as on all texts; saved as JSON lines.
          </p>
        </EmptyState>
      )}
      {numbers && result && !selection && (
        <LetGo title="The chosen texts are no longer in this tab" result={result}>
          The numbers are kept. “Choose” picks the same texts again, to read and to save.
        </LetGo>
      )}
      {numbers && <SelectionView numbers={numbers} selection={selection} />}
      <Retrieval isReady={isReady} />
      <Correlation isReady={isReady} />
    </CellFrame>
  );
}

function Controls(props: {
  readonly parameters: UseParameters;
  readonly change: (patch: Partial<UseParameters>) => void;
}) {
  const { parameters, change } = props;
  return (
    <>
      <NumberField
        label="Texts to keep"
        value={parameters.keep}
        min={2}
        max={100_000}
        step={1}
        onChange={(keep) => change({ keep })}
        paper={{ value: 600, text: '600' }}
      />
      <NumberField
        label="Demonstrations a query"
        value={parameters.demonstrations}
        min={1}
        max={100}
        step={1}
        onChange={(demonstrations) => change({ demonstrations })}
        paper={{ value: 4, text: '4' }}
      />
      <NumberField
        label="Seed"
        value={parameters.seed}
        min={0}
        max={0xffff_ffff}
        step={1}
        onChange={(seed) => change({ seed })}
      />
    </>
  );
}

function Numbers({ numbers }: { readonly numbers: UseNumbers }) {
  const { selected, random, ranking, kept, available, asked } = numbers;
  const rank = (value: number | null) => (value === null ? '–' : formatNumber(value, 3));
  return (
    <>
      <FigureRow>
        <Figure
          label="Texts kept"
          value={formatCount(kept)}
          baseline={`of ${formatCount(available)} with a category`}
        />
        <Figure
          label="Categories covered"
          term="categoriesCovered"
          value={formatPercent(selected.categories, 1)}
          baseline={`${formatPercent(random.mean.categories, 1)} ± ${formatPercent(random.deviation.categories, 1)} at random`}
        />
        <Figure
          label="Distance of distributions"
          term="distributionDistance"
          value={formatNumber(selected.distance, 3)}
          baseline={`${formatNumber(random.mean.distance, 3)} at random; 0 is the same`}
        />
        <Figure
          label="Evenness"
          term="evenness"
          value={formatNumber(selected.entropyBits, 3)}
          unit="bits"
          baseline={`${formatNumber(random.mean.entropyBits, 3)} at random`}
        />
        <Figure
          label="Ranking held"
          term="rankingHeld"
          value={rank(ranking.selected)}
          baseline={`Spearman; ${rank(ranking.random)} at random`}
        />
      </FigureRow>
      {kept < asked && (
        <Note>
          <p>
            {formatCount(asked)} texts were asked for; of {formatCount(available)} with a category at most
            half are kept, so that there is something to choose.
          </p>
        </Note>
      )}
    </>
  );
}
