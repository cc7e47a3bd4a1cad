import { Pickaxe } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { conceptsOf } from '../../../core/mining/concepts.ts';
import { chipsOf } from '../../../core/mining/print.ts';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import { useIsAtWork, useParameters, useResult, useSession } from '../../hooks.ts';
import { lacksData } from '../../lacks.ts';
import { runner } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select } from '../../ui/fields.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { LetGo } from '../../ui/LetGo.tsx';
import { EmptyState } from '../../ui/panels.tsx';
import { classifiersStore, loadClassifiers } from '../classifiers/store.ts';
import { Chips } from './Chips.tsx';
import type { FormulaEditorHandle } from './codeMirror.ts';
import { FormulaEditor } from './FormulaEditor.tsx';
import { judgedPrecision, marksOf } from './judging.ts';
import { Ranking } from './Ranking.tsx';
import { semanticsNames, SemanticsTable } from './SemanticsTable.tsx';
import { readFormula } from './reading.ts';
import { answerNow, isScored, miningStore, refreshScored, scoringLabel } from './store.ts';
import './mining.css';

const noCards: readonly never[] = [];
const shownConcepts = 24;

/** Texts found by a formula over concepts. */
export function MiningCell() {
  const [parameters, change] = useParameters('mining');
  const [{ mapping }] = useParameters('classifiers');
  const corpus = useSession((state) => state.corpus);
  const table = useSession((state) => state.labelTable);
  const cards = useStore(classifiersStore, (state) => state.cards);
  const { scored, shown: last } = useStore(miningStore);
  const isBusy = useIsAtWork('mining');
  const result = useResult('mining');
  const editor = useRef<FormulaEditorHandle | null>(null);
  const { formula, semantics, limit } = parameters;

  useEffect(() => {
    if (cards === null) loadClassifiers().catch(toastError);
  }, [cards]);
  useEffect(() => {
    refreshScored().catch(toastError);
  }, [cards, corpus]);

  const concepts = useMemo(() => conceptsOf(cards ?? noCards), [cards]);
  const reading = useMemo(() => readFormula(formula, concepts), [formula, concepts]);
  const rowCount = corpus?.rowCount ?? 0;
  const isReady = rowCount > 0 && isScored(reading, scored, rowCount);
  useEffect(() => {
    if (isReady && !isBusy) void answerNow(reading);
    // oxlint-disable-next-line react/exhaustive-deps -- a mapping, a semantics and a limit change the answer too
  }, [isReady, isBusy, reading, semantics, limit, mapping, table]);

  const shown = last && last.dataHash === corpus?.dataHash ? last : null;
  const marks = useMemo(
    () => (shown ? marksOf(parameters, shown.dataHash, shown.canonical) : new Map<number, boolean>()),
    [parameters, shown],
  );
  const names = useMemo(() => [...reading.concepts.keys()], [reading]);
  const colorOf = (name: string) => {
    const at = (shown?.names.includes(name) ? shown.names : names).indexOf(name);
    return `var(--plot-${(Math.max(0, at) % 8) + 1})`;
  };
  const chips = reading.query && reading.canonical !== null ? chipsOf(reading.query) : [];
  const fault = formula.trim() === '' ? null : (reading.errors[0] ?? null);
  const run = () => void runner.runThrough('mining');

  return (
    <CellFrame
      cell="mining"
      title="Mining"
      purpose="Ranks the texts of the open data by a formula over the classes of incubated classifiers. Scores are kept for every concept, so a changed formula answers at once."
      controls={
        <>
          <Select
            label="Semantics"
            value={semantics}
            onChange={(next) => change({ semantics: next })}
            width={170}
            options={(['product', 'minMax', 'logOdds'] as const).map((value) => ({
              value,
              label: semanticsNames[value].name,
              description: semanticsNames[value].how,
            }))}
          />
          <NumberField
            label="Rows of the ranking"
            value={limit}
            min={100}
            max={10_000}
            step={100}
            onChange={(next) => change({ limit: next })}
            width={120}
          />
        </>
      }
      primary={{
        label: isReady
          ? 'Every text is scored'
          : reading.canonical !== null && rowCount > 0
            ? scoringLabel(reading, scored, rowCount)
            : 'Score the texts',
        isDisabled: isReady,
        lacks: isReady
          ? 'The ranking follows the formula as it is typed.'
          : !corpus
            ? lacksData
            : reading.canonical === null
              ? 'Write a formula first.'
              : null,
        tip: 'Each concept is scored once; a stop keeps what is done.',
        run,
      }}
    >
      <div className="formula">
        <FormulaEditor
          onMount={(handle) => {
            editor.current = handle;
          }}
          value={formula}
          concepts={concepts}
          onChange={(next) => change({ formula: next })}
          onSubmit={() => {
            if (!isReady && reading.canonical !== null && corpus) run();
          }}
        />
        <p className="formula-fault small" role="status" aria-live="polite">
          {fault ? `${fault.message} ${fault.remedy}` : ' '}
        </p>
        {chips.length > 0 && (
          <Chips
            chips={chips}
            colorOf={colorOf}
            onSelect={({ from, to }) => editor.current?.select(from, to)}
          />
        )}
        {concepts.length > 0 && (
          <div className="concepts">
            <span className="small quiet">Concepts:</span>
            {concepts.slice(0, shownConcepts).map(({ id, name, classifierName }) => (
              <button
                key={id}
                type="button"
                className="concept"
                title={`${name}, of ${classifierName}: put it into the formula`}
                onClick={() => editor.current?.insert(name)}
              >
                {name}
              </button>
            ))}
            {concepts.length > shownConcepts && (
              <span className="small quiet">
                +{concepts.length - shownConcepts}: the editor completes their names
              </span>
            )}
          </div>
        )}
      </div>
      {shown ? (
        <>
          <Headline shown={shown} marks={marks} />
          <SemanticsTable shown={shown} marks={marks} />
          <Ranking shown={shown} marks={marks} colorOf={colorOf} />
        </>
      ) : result ? (
        <LetGo title={`Ranked earlier: ${result.headline}`} result={result}>
          Scores are kept in this browser: the formula ranks again as soon as every text is scored.
        </LetGo>
      ) : (
        <EmptyState icon={Pickaxe} title="Nothing mined yet">
          <p>
            <strong>In:</strong> open data, and concepts: the classes of incubated classifiers.{' '}
            <strong>A formula:</strong> quoted concepts with AND, OR, NOT and parentheses;{' '}
            <code>"about food" &gt; 0.7</code> is a threshold, <code>"about food" &gt; "about movie"</code>{' '}
            means more of the first than of the second. <strong>Out:</strong> ranked texts with what each
            concept says, to be judged with y and n.
          </p>
        </EmptyState>
      )}
    </CellFrame>
  );
}

function Headline(props: {
  readonly shown: NonNullable<ReturnType<typeof miningStore.getState>['shown']>;
  readonly marks: ReadonlyMap<number, boolean>;
}) {
  const { shown, marks } = props;
  const { ranking } = shown;
  const gold = ranking.gold?.precision.at(-1);
  const judged = judgedPrecision(ranking.rows, marks).at(-1);
  const rowCount = useSession(({ corpus }) => corpus?.rowCount ?? 0);
  return (
    <FigureRow>
      <Figure
        label="Score of 0.5 or more"
        value={formatCount(ranking.above)}
        baseline={`of ${plural(rowCount, 'text')}`}
      />
      <Figure
        label={gold ? `Precision at ${gold.k}, by labels` : 'Precision by labels'}
        value={gold ? formatNumber(gold.precision, 2) : null}
        baseline={
          ranking.gold
            ? `${formatNumber(ranking.gold.relevant / Math.max(1, rowCount), 3)} at random${gold && ranking.gold.relevant < gold.k ? `, ${formatNumber(ranking.gold.relevant / gold.k, 2)} at most` : ''}`
            : 'needs classes mapped to labels'
        }
      />
      <Figure
        label={judged ? `Precision at ${judged.k}, judged` : 'Precision, judged'}
        value={judged ? formatNumber(judged.precision ?? 0, 2) : null}
        baseline={
          judged
            ? `${formatCount(judged.relevant)} right of ${formatCount(judged.judged)}`
            : 'y and n in the ranking'
        }
      />
      <Figure
        label="Answer"
        value={shown.answer.elapsedMs < 1 ? '< 1' : formatCount(Math.round(shown.answer.elapsedMs))}
        unit="ms"
        baseline="three semantics, all texts"
      />
    </FigureRow>
  );
}
