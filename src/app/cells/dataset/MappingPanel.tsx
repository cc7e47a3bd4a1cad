import { useState } from 'react';
import { CheckboxGroup, Label } from 'react-aria-components';
import { formatBytes, plural } from '../../../notebook/format.ts';
import type { Mapping, SniffedFile } from '../../../services/corpus/contract.ts';
import { runner } from '../../runtime.ts';
import { session, type Session } from '../../session.ts';
import { Button } from '../../ui/Button.tsx';
import { Check } from '../../ui/Check.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { Note } from '../../ui/panels.tsx';
import { textChoiceOf, textChoices } from '../../../core/corpus/textChoice.ts';
import { setMapping, setTopicDepth, sniffAgain } from './actions.ts';
import {
  fileGroups,
  mappingProblem,
  mappingSentence,
  previewLabels,
  previewText,
  schemaNames,
  separators,
  topicDepths,
} from './mapping.ts';
import { SkippedFiles } from './SkippedFiles.tsx';

type Incoming = NonNullable<Session['incoming']>;

/** Shapes in one list; whoever has more drops them in parts. */
const listedGroups = 200;

/** Which column is text, which are labels, how labels are separated: asked where a file was not recognised. */
export function MappingPanel({ incoming }: { readonly incoming: Incoming }) {
  const groups = fileGroups(incoming.sniffed);
  const [at, setAt] = useState(
    () => groups.find((group) => incoming.sniffed[group.at]?.recognised === false)?.at ?? 0,
  );
  const file = incoming.sniffed[at] ?? incoming.sniffed[0];
  const problem = incoming.sniffed
    .map(({ mapping }) => mappingProblem(mapping))
    .find((found) => found !== null);
  if (!file) return null;
  const bytes = incoming.sniffed.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const others = (groups.find((group) => group.at === at)?.count ?? 1) - 1;
  const mayHaveTopics = incoming.sniffed.some(
    ({ mapping }) => mapping.schema === 'topic-tree' || mapping.format === 'mediawiki',
  );
  return (
    <section className="mapping" aria-label="Columns">
      <header className="row">
        <h3 className="sub spread">Where do text and labels stand?</h3>
        {groups.length > 1 && (
          <Select
            label="File"
            hideLabel
            value={String(at)}
            onChange={(value) => setAt(Number(value))}
            options={groups.slice(0, listedGroups).flatMap((group) => {
              const listed = incoming.sniffed[group.at];
              if (!listed) return [];
              return {
                value: String(group.at),
                label: group.count > 1 ? `${listed.name} and ${group.count - 1} more` : listed.name,
                description: mappingProblem(listed.mapping) ?? schemaNames[listed.mapping.schema],
              };
            })}
            width={260}
          />
        )}
      </header>
      <p className="small quiet">
        {file.name}
        {others > 0 && ` and ${plural(others, 'file')} with the same columns`} ·{' '}
        {formatBytes(file.byteLength)} · {mappingSentence(file.mapping)}
      </p>
      {file.notes.map((note) => (
        <Note key={note} tone="warn">
          <p>{note}</p>
        </Note>
      ))}
      <FileMapping
        key={at}
        file={file}
        onChange={(mapping) => setMapping(at, mapping)}
        onRead={(given, textColumns) => void sniffAgain(at, given, textColumns)}
      />
      {mayHaveTopics && (
        <Select
          label="Topics above the labels, as labels"
          value={topicDepths.find(({ value }) => value === String(incoming.topicDepth))?.value ?? '0'}
          onChange={(value) => setTopicDepth(Number(value))}
          options={topicDepths}
          width={220}
        />
      )}
      {incoming.skippedCount > 0 && <SkippedFiles skipped={incoming.skipped} count={incoming.skippedCount} />}
      <div className="row">
        <Button
          variant="primary"
          isDisabled={problem !== undefined}
          onPress={() => void runner.run('dataset')}
        >
          {`Index ${plural(incoming.sniffed.length, 'file')}, ${formatBytes(bytes)}`}
        </Button>
        <Button onPress={() => session.setState({ incoming: null })}>Cancel</Button>
        {problem && <span className="small quiet">{problem}</span>}
      </div>
    </section>
  );
}

interface FileMappingProps {
  readonly file: SniffedFile;
  readonly onChange: (mapping: Mapping) => void;
  /** Reads the file's begin again: other columns. */
  readonly onRead: (
    given: Partial<Pick<Mapping, 'delimiter' | 'hasHeader' | 'rowUnit'>>,
    textColumns?: readonly string[],
  ) => void;
}

function FileMapping(props: FileMappingProps) {
  const { file, onChange, onRead } = props;
  const { mapping, columns } = file;
  const isTable = mapping.format === 'csv' || mapping.format === 'tsv';
  const isTree = mapping.schema === 'topic-tree';
  // Columns chosen by hand make a table of text and labels; an export or a tree stays what it is.
  const schema = isTree || mapping.format === 'mediawiki' ? mapping.schema : 'text-labels';
  const change = (patch: Partial<Mapping>) => onChange({ ...mapping, schema, ...patch });
  const choices = textChoices(mapping, columns);
  const choose = (id: string) => {
    const choice = choices.find((one) => one.id === id);
    if (!choice) return;
    const { rowUnit, textColumns } = choice;
    if (mapping.format === 'mediawiki' && rowUnit !== mapping.rowUnit) onRead({ rowUnit }, textColumns);
    else onChange({ ...mapping, rowUnit, textColumns });
  };
  const separator = separators.find(({ separator }) => separator === mapping.labelSeparator) ?? separators[0];

  return (
    <>
      <div className="mapping-columns">
        <ColumnChoice
          label={isTree ? 'Topic' : 'Text (joined in this order)'}
          columns={columns}
          value={mapping.textColumns}
          onChange={(textColumns) => change({ textColumns })}
        />
        <ColumnChoice
          label={isTree ? 'Topic above it' : 'Labels'}
          columns={columns}
          value={mapping.labelColumns}
          onChange={(labelColumns) => change({ labelColumns })}
        />
        <div className="stack">
          {choices.length > 1 && (
            <Select
              label="A row's text is"
              value={textChoiceOf(mapping, choices)?.id ?? 'own'}
              onChange={choose}
              options={[
                ...choices.map(({ id, label }) => ({ value: id, label })),
                ...(textChoiceOf(mapping, choices)
                  ? []
                  : [{ value: 'own', label: 'The columns chosen here' }]),
              ]}
              width={260}
            />
          )}
          {!isTree && mapping.format !== 'mediawiki' && (
            <Select
              label="Rows are of one article where they share"
              value={mapping.articleColumn ?? ''}
              onChange={(column) =>
                onChange({ ...mapping, articleColumn: column === '' ? undefined : column })
              }
              options={[
                { value: '', label: 'Nothing: each row for itself' },
                ...columns.map((column) => ({ value: column, label: column })),
              ]}
              width={260}
            />
          )}
          <Select
            label="Labels in one cell are separated by"
            value={separator.value}
            onChange={(value) =>
              change({
                labelSeparator: separators.find((choice) => choice.value === value)?.separator ?? null,
              })
            }
            options={separators}
            width={220}
          />
          {isTable && <TableFields file={file} isTree={isTree} onChange={onChange} onRead={onRead} />}
        </div>
      </div>
      <Preview file={file} isTree={isTree} />
    </>
  );
}

/** How lines are cut into columns, and whether they make a topic tree. */
function TableFields(props: FileMappingProps & { readonly isTree: boolean }) {
  const { file, isTree, onChange, onRead } = props;
  const { mapping, columns } = file;
  return (
    <>
      <Select
        label="Columns are separated by"
        value={mapping.delimiter}
        onChange={(delimiter) => onRead({ delimiter })}
        options={[
          { value: ',', label: 'Comma ,' },
          { value: ';', label: 'Semicolon ;' },
          { value: '\t', label: 'Tab' },
          { value: '|', label: 'Bar |' },
        ]}
        width={220}
      />
      {columns.length <= 4 && columns.length >= 2 && (
        <Switch
          label="This file is a topic tree"
          description="No rows are read from it: it says which topic stands above which."
          value={isTree}
          onChange={(on) => {
            const [topic = '', above = ''] = columns;
            onChange({
              ...mapping,
              schema: on ? 'topic-tree' : 'text-labels',
              textColumns: [topic],
              labelColumns: [above],
            });
            if (on) setTopicDepth(2);
          }}
        />
      )}
      <Switch
        label="The first line names the columns"
        value={mapping.hasHeader}
        onChange={(hasHeader) => onRead({ hasHeader })}
      />
    </>
  );
}

/** The first rows as they would be read. */
function Preview({ file, isTree }: { readonly file: SniffedFile; readonly isTree: boolean }) {
  const { mapping, columns, preview } = file;
  const textAt = mapping.textColumns.map((column) => columns.indexOf(column)).filter((index) => index >= 0);
  const labelAt = mapping.labelColumns.map((column) => columns.indexOf(column)).filter((index) => index >= 0);
  return (
    <div className="mapping-preview" role="region" aria-label="Preview" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{isTree ? 'Topic' : 'Text'}</th>
            <th scope="col">{isTree ? 'Topic above it' : 'Labels'}</th>
          </tr>
        </thead>
        <tbody>
          {preview.slice(0, 6).map((row, index) => (
            // Rows of a preview have no identity but their place.
            // eslint-disable-next-line react/no-array-index-key
            <tr key={index}>
              <td>
                {previewText(
                  textAt.map((column) => row[column] ?? ''),
                  mapping,
                ).slice(0, 240) || <span className="quiet">–</span>}
              </td>
              <td>
                <span className="row">
                  {labelAt
                    .flatMap((column) => previewLabels(row[column] ?? '', mapping.labelSeparator))
                    .slice(0, 12)
                    .map((label) => (
                      <span className="chip" key={label}>
                        {label}
                      </span>
                    ))}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ColumnChoice(props: {
  readonly label: string;
  readonly columns: readonly string[];
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
}) {
  return (
    <CheckboxGroup className="field" value={[...props.value]} onChange={props.onChange}>
      <Label className="field-label">{props.label}</Label>
      <div className="checks">
        {props.columns.map((column) => (
          <Check key={column} value={column}>
            <span className="mono">{column}</span>
          </Check>
        ))}
      </div>
    </CheckboxGroup>
  );
}
