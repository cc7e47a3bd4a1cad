import { RotateCcw, X } from 'lucide-react';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { balanceOf, type ClassFigures } from '../../../core/incubator/balance.ts';
import { toJsonl } from '../../../core/incubator/pasted.ts';
import {
  dropReasons,
  generatedSet,
  type Drop,
  type DropReason,
  type Kept,
} from '../../../core/incubator/replies.ts';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import type { IncubatorParameters } from '../../../notebook/parameters.ts';
import { IconButton } from '../../ui/Button.tsx';
import { fileStem, saveFile } from '../../files.ts';
import { useNotebook } from '../../hooks.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { incubatorStore, keptOf, originOf, type LoadedSet } from './store.ts';

/** Headline figures of a set. */
export function SetFigures({ set }: { readonly set: LoadedSet }) {
  const { collected, record } = set;
  const { kept, drops, labels, objects } = collected;
  const chosen = useKept(set);
  const { usage } = record;
  const seconds = usage.busyMs / 1000;
  const dropped = drops.length / Math.max(1, drops.length + kept.length);
  return (
    <FigureRow>
      <Figure
        label="Objects in use"
        value={formatCount(chosen ? kept.filter(({ object }) => chosen.has(object)).length : kept.length)}
        baseline={
          chosen
            ? `of ${formatCount(kept.length)} generated`
            : `from ${plural(set.replies.length, 'reply', 'replies')}`
        }
      />
      <Figure
        label="Classes"
        value={formatCount(labels.length)}
        baseline={collected.areLabelsVoted ? 'the most frequent keys' : 'as asked for'}
      />
      <Figure
        label="Dropped"
        value={formatPercent(dropped)}
        baseline={`${formatCount(drops.length)} of ${formatCount(Math.max(objects, drops.length + kept.length))}`}
        {...(dropped > 0.5 ? { tone: 'warn' as const } : {})}
      />
      {usage.requests > 0 ? (
        <Figure
          label="Speed"
          value={seconds > 0 ? formatNumber(usage.newTokens / seconds) : null}
          unit="tokens/s"
          baseline={`${formatCount(usage.newTokens)} written, ${formatCount(usage.promptTokens)} read${usage.cost > 0 ? `, cost ${formatNumber(usage.cost, 3)}` : ''}`}
        />
      ) : (
        <Figure
          label="Made by"
          value={record.source.kind === 'sample' ? 'Grammar' : 'Elsewhere'}
          baseline={originOf(record.source)}
        />
      )}
    </FigureRow>
  );
}

export function useKept({ record }: LoadedSet): ReadonlySet<number> | null {
  const kept = useNotebook((state) => state.parameters.incubator.kept);
  return useMemo(() => keptOf(record, kept), [record, kept]);
}

/** The classes of a set; a key that is none can be set aside, and comes back. */
export function SetClasses(props: {
  readonly set: LoadedSet;
  readonly parameters: IncubatorParameters;
  readonly change: (patch: Partial<IncubatorParameters>) => void;
}) {
  const { set, parameters, change } = props;
  const { labels } = set.collected;
  const { id } = set.record;
  const aside = parameters.setAside.find(({ setId }) => setId === id)?.keys ?? [];
  const put = (keys: readonly string[]) => {
    const others = parameters.setAside.filter(({ setId }) => setId !== id);
    change({ setAside: keys.length === 0 ? others : [...others, { setId: id, keys }] });
  };
  if (labels.length < 3 && aside.length === 0) return null;
  return (
    <div className="incubator-labels incubator-classes" role="group" aria-label="Classes of this set">
      <span className="field-label">Classes of this set</span>
      {labels.map((label) => (
        <span key={label} className="incubator-chip">
          {label}
          <IconButton
            icon={X}
            label={`Set ${label} aside: it is no class`}
            isDisabled={labels.length <= 2}
            onPress={() => put([...aside, label])}
          />
        </span>
      ))}
      {aside.length > 0 && <span className="small quiet">set aside:</span>}
      {aside.map((key) => (
        <span key={key} className="incubator-chip incubator-chip-aside">
          {key}
          <IconButton
            icon={RotateCcw}
            label={`Make ${key} a class again`}
            onPress={() => put(aside.filter((one) => one !== key))}
          />
        </span>
      ))}
    </div>
  );
}

/** Texts as they are being written, in a space of their own height. */
export function LiveText() {
  const live = useStore(incubatorStore, (state) => state.live);
  if (live.length === 0) return null;
  return (
    <pre className="incubator-live" aria-label="Being written now">
      {live.map((text) => text.slice(-400)).join('\n')}
    </pre>
  );
}

/** An object opened under its row. */
const objectDetail = (labels: readonly string[], { texts }: Kept) => (
  <dl className="incubator-object">
    {labels.map((label, at) => (
      <div key={label}>
        <dt>{label}</dt>
        <dd>{texts[at]}</dd>
      </div>
    ))}
  </dl>
);

/** The whole reply that something was dropped from. */
const dropDetail = (set: LoadedSet, { reply, text }: Drop) => (
  <pre className="incubator-reply" tabIndex={0}>
    {set.replies[reply]?.text.slice(0, 20_000) ?? text}
  </pre>
);

/** Every kept object, a column a class. Grows while it generates. */
export function ObjectTable({ set }: { readonly set: LoadedSet }) {
  const { collected } = set;
  const { labels, kept } = collected;
  const chosen = useKept(set);
  const columns = useMemo(
    (): Column<Kept>[] => [
      {
        id: 'in-use',
        header: 'In use',
        width: '64px',
        value: ({ object }) => (!chosen || chosen.has(object) ? 'yes' : 'no'),
      },
      ...labels.map((label, at) => ({
        id: `class-${at}`,
        header: label,
        width: 'minmax(180px, 1fr)',
        value: ({ texts }: Kept) => texts[at] ?? '',
      })),
    ],
    [labels, chosen],
  );
  return (
    <DataTable
      name="Objects"
      summary={`${plural(kept.length, 'object')}, one text of each of ${plural(labels.length, 'class', 'classes')}.`}
      rows={kept}
      columns={columns}
      getKey={({ object }) => object}
      searchable
      rowTone={({ object }) => (chosen && !chosen.has(object) ? 'quiet' : undefined)}
      detail={(row) => objectDetail(labels, row)}
      emptyText="No usable object yet. What was dropped stands below."
    />
  );
}

const dropColumns: readonly Column<Drop>[] = [
  { id: 'reason', header: 'Why', width: '200px', value: ({ reason }) => dropReasons[reason] },
  { id: 'reply', header: 'Reply', width: '72px', value: ({ reply }) => reply + 1 },
  { id: 'text', header: 'Text', value: ({ text }) => text },
];

/** What was dropped, with why and what it said. */
export function DropTable({ set }: { readonly set: LoadedSet }) {
  const { drops, counts, setAside } = set.collected;
  if (drops.length === 0 && setAside.size === 0) return null;
  const words = (Object.entries(counts) as [DropReason, number][])
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `${formatCount(count)} × ${dropReasons[reason]}`);
  const aside = setAside.size > 0 ? `Set aside: ${[...setAside.keys()].join(', ')}.` : '';
  return (
    <DataTable
      name="Dropped"
      summary={`${words.length > 0 ? `${words.join(', ')}. ` : ''}${aside}`}
      rows={drops}
      columns={dropColumns}
      maxHeight={220}
      searchable
      detail={(row) => dropDetail(set, row)}
      emptyText="Nothing was dropped."
    />
  );
}

const words = (value: number) => formatNumber(value, 3);

const balanceColumns: readonly Column<ClassFigures>[] = [
  { id: 'class', header: 'Class', value: ({ label }) => label, width: 'minmax(160px, 1fr)' },
  { id: 'texts', header: 'Texts', value: ({ texts }) => texts, width: '80px' },
  {
    id: 'different',
    header: 'Different',
    value: ({ distinct }) => distinct,
    format: formatPercent,
    width: '96px',
  },
  {
    id: 'elsewhere',
    header: 'In another class',
    value: ({ inOtherClasses }) => inOtherClasses,
    format: formatPercent,
    width: '136px',
  },
  {
    id: 'mean',
    header: 'Words, mean',
    value: ({ meanWords }) => meanWords,
    format: words,
    width: '120px',
  },
  {
    id: 'median',
    header: 'Words, median',
    value: ({ medianWords }) => medianWords,
    format: words,
    width: '136px',
  },
  {
    id: 'named',
    header: 'Name their class',
    value: ({ namesItself }) => namesItself,
    format: formatPercent,
    width: '144px',
  },
];

/** What a classifier could tell the classes apart by, beside what they say. */
export function BalanceTable({ set }: { readonly set: LoadedSet }) {
  const { collected, record } = set;
  const { classes, lengthRatio } = useMemo(
    () => balanceOf(generatedSet(record.instruction, collected)),
    [record.instruction, collected],
  );
  if (collected.kept.length === 0) return null;
  const mostShared = Math.max(0, ...classes.map(({ inOtherClasses }) => inOtherClasses));
  const shared =
    mostShared > 0
      ? ` Up to ${formatPercent(mostShared)} of a class stands under another class as well: a classifier cannot learn these.`
      : '';
  const longest = lengthRatio > 1.5 ? ' Length gives some classes away: mind what a classifier learns.' : '';
  return (
    <DataTable
      name="Balance of the classes"
      summary={`Texts of the wordiest class are ${formatNumber(lengthRatio, 2)} times as long as those of the shortest.${longest}${shared}`}
      rows={classes}
      columns={balanceColumns}
      getKey={({ label }) => label}
      maxHeight={320}
    />
  );
}

/** The objects in use as JSONL: one dictionary a line. */
export function saveObjects(set: LoadedSet, chosen: ReadonlySet<number> | null): void {
  const { labels, kept } = set.collected;
  const used = chosen ? kept.filter(({ object }) => chosen.has(object)) : kept;
  const name = fileStem(set.record.instruction.slice(0, 60));
  saveFile(
    toJsonl(
      labels,
      used.map(({ texts }) => texts),
    ),
    `${name}.jsonl`,
    'application/x-ndjson',
  );
}

/** Every reply as it came, whatever it was worth. */
export function saveReplies(set: LoadedSet): void {
  const lines = set.replies
    .map(({ text, finish }) => `${JSON.stringify({ response: text, finish })}\n`)
    .join('');
  saveFile(lines, `${fileStem(set.record.instruction.slice(0, 60))}-replies.jsonl`, 'application/x-ndjson');
}
