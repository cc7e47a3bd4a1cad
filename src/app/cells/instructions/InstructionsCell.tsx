import { ListChecks } from 'lucide-react';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { categoryAgreement, categoryCounts } from '../../../core/verbNoun/agreement.ts';
import { categoryKey } from '../../../core/verbNoun/category.ts';
import type { ExtractorKind } from '../../../core/verbNoun/extractors.ts';
import { formatCount, formatPercent, plural } from '../../../notebook/format.ts';
import { useParameters, useResult, useSession } from '../../hooks.ts';
import { lacksData } from '../../lacks.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Select } from '../../ui/fields.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { LetGo } from '../../ui/LetGo.tsx';
import { EmptyState } from '../../ui/panels.tsx';
import { instructionSampleName, openSample } from '../dataset/actions.ts';
import { CategoryTable } from './CategoryTable.tsx';
import { SynonymEditor } from './SynonymEditor.tsx';
import { ExtractorComparison } from './ExtractorComparison.tsx';
import { editsFor, extractorNames, finalCategories, instructionsStore, mappedLabels } from './store.ts';

/** What each instruction asks for, as a verb and a noun. */
export function InstructionsCell() {
  const corpus = useSession((state) => state.corpus);
  const all = useStore(instructionsStore, (state) => state.instructions);
  const [parameters, change] = useParameters('instructions');
  const result = useResult('instructions');
  const instructions = all?.dataHash === corpus?.dataHash ? all : null;

  const read = useMemo(() => {
    if (!instructions) return null;
    const final = finalCategories(instructions, parameters);
    const keys = final.map((category) => (category ? categoryKey(category) : null));
    const { stepOffsets } = instructions.extracted;
    return {
      instructions,
      final,
      gold: mappedLabels(instructions.gold, parameters),
      counts: categoryCounts(keys.filter((key) => key !== null)),
      withSteps: instructions.texts.filter((_, i) => (stepOffsets[i + 1] ?? 0) - (stepOffsets[i] ?? 0) > 1)
        .length,
      agreement: categoryAgreement(final, mappedLabels(instructions.gold, parameters)),
      corrected: editsFor(parameters, instructions.dataHash).length,
    };
  }, [instructions, parameters]);
  const found = read?.counts.reduce((sum, { rows }) => sum + rows, 0) ?? 0;

  return (
    <CellFrame
      cell="instructions"
      title="Task categories"
      purpose="Reads from each instruction what is to be done to what: a verb and a noun (PIE). Synonyms count as one; what is wrong can be corrected by hand. Starts the task embeddings, which need none of the cells above but the data."
      controls={
        <Select<ExtractorKind>
          label="Extractor"
          value={parameters.extractor}
          onChange={(extractor) => change({ extractor })}
          width={220}
          options={[
            {
              value: 'wink',
              label: extractorNames.wink,
              description: 'The better of the two on IEB’s labels, and the faster.',
            },
            {
              value: 'compromise',
              label: extractorNames.compromise,
              description: 'Another tagger, other rules: a second opinion.',
            },
          ]}
        />
      }
      primary={{
        label: corpus ? `Find verbs and nouns in ${plural(corpus.rowCount, 'text')}` : 'Find verbs and nouns',
        lacks: corpus ? null : lacksData,
      }}
      secondary={
        <Button onPress={() => void openSample(instructionSampleName)}>Open sample instructions</Button>
      }
    >
      {!read && result ? (
        <LetGo title={`Found earlier: ${result.headline}`} result={result}>
          “Find verbs and nouns” reads the texts again. Synonyms and corrections are kept.
        </LetGo>
      ) : !read ? (
        <EmptyState icon={ListChecks} title="No categories yet">
          <p>
            <strong>In:</strong> a file with a column of instructions. <strong>Out:</strong> verb and noun of
            each, to check and correct, and how far they agree with the file’s own labels where those are
            categories (<code>write|poem</code>).
          </p>
        </EmptyState>
      ) : (
        <>
          <FigureRow>
            <Figure
              label="Categories"
              term="taskCategory"
              value={formatCount(read.counts.length)}
              baseline={`of ${plural(found, 'text')}`}
            />
            <Figure
              label="Largest"
              value={read.counts[0]?.category.replace('|', ' ') ?? null}
              baseline={read.counts[0] ? plural(read.counts[0].rows, 'text') : null}
            />
            <Figure
              label="With several steps"
              value={formatCount(read.withSteps)}
              baseline={`${formatCount(read.final.length - found)} without a category`}
            />
            {read.agreement.rows > 0 && (
              <Figure
                label="Agrees with labels"
                value={formatPercent(read.agreement.pair, 1)}
                baseline={`verb ${formatPercent(read.agreement.verb, 1)}, noun ${formatPercent(read.agreement.noun, 1)} of ${formatCount(read.agreement.rows)}`}
              />
            )}
          </FigureRow>
          <SynonymEditor final={read.final} />
          <CategoryTable
            instructions={read.instructions}
            gold={read.gold}
            final={read.final}
            corrected={read.corrected}
          />
          <ExtractorComparison instructions={read.instructions} />
        </>
      )}
    </CellFrame>
  );
}
