import { useState } from 'react';
import { Checkbox, CheckboxGroup, Label } from 'react-aria-components';
import { Check } from 'lucide-react';
import { formatBytes, plural } from '../../../notebook/format.ts';
import type { Mapping, SniffedFile } from '../../../services/corpus/contract.ts';
import { runner } from '../../runtime.ts';
import { session, type Session } from '../../session.ts';
import { Button } from '../../ui/Button.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { Note } from '../../ui/panels.tsx';
import { setMapping, sniffAgain } from './actions.ts';
import { mappingProblem, mappingSentence, previewLabels, schemaNames, separators } from './mapping.ts';

type Incoming = NonNullable<Session['incoming']>;

/** Which column is text, which are labels, how labels are separated: asked where a file was not recognised. */
export function MappingPanel({ incoming }: { readonly incoming: Incoming }) {
  const firstUnknown = incoming.sniffed.findIndex(({ recognised }) => !recognised);
  const [at, setAt] = useState(Math.max(0, firstUnknown));
  const file = incoming.sniffed[at] ?? incoming.sniffed[0];
  const problem = incoming.sniffed
    .map(({ mapping }) => mappingProblem(mapping))
    .find((found) => found !== null);
  if (!file) return null;
  const bytes = incoming.files.reduce((sum, { size }) => sum + size, 0);
  return (
    <section className="mapping" aria-label="Columns">
      <header className="row">
        <h3 className="sub spread">Where do text and labels stand?</h3>
        {incoming.sniffed.length > 1 && (
          <Select
            label="File"
            hideLabel
            value={String(at)}
            onChange={(value) => setAt(Number(value))}
            options={incoming.sniffed.map(({ name, mapping }, index) => ({
              value: String(index),
              label: name,
              description: mappingProblem(mapping) ?? schemaNames[mapping.schema],
            }))}
            width={260}
          />
        )}
      </header>
      <p className="small quiet">
        {file.name} · {formatBytes(file.byteLength)} · {mappingSentence(file.mapping)}
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
        onRead={(given) => void sniffAgain(at, given)}
      />
      <div className="row">
        <Button
          variant="primary"
          isDisabled={problem !== undefined}
          onPress={() => void runner.run('dataset')}
        >
          {`Index ${plural(incoming.files.length, 'file')}, ${formatBytes(bytes)}`}
        </Button>
        <Button onPress={() => session.setState({ incoming: null })}>Cancel</Button>
        {problem && <span className="small quiet">{problem}</span>}
      </div>
    </section>
  );
}

function FileMapping(props: {
  readonly file: SniffedFile;
  readonly onChange: (mapping: Mapping) => void;
  /** Reads the file's begin again: other columns. */
  readonly onRead: (given: Partial<Pick<Mapping, 'delimiter' | 'hasHeader'>>) => void;
}) {
  const { file, onChange, onRead } = props;
  const { mapping, columns, preview } = file;
  const isTable = mapping.format === 'csv' || mapping.format === 'tsv';
  const change = (patch: Partial<Mapping>) => onChange({ ...mapping, schema: 'text-labels', ...patch });
  const separator = separators.find(({ separator }) => separator === mapping.labelSeparator) ?? separators[0];
  const textAt = mapping.textColumns.map((column) => columns.indexOf(column)).filter((index) => index >= 0);
  const labelAt = mapping.labelColumns.map((column) => columns.indexOf(column)).filter((index) => index >= 0);

  return (
    <>
      <div className="mapping-columns">
        <ColumnChoice
          label="Text (joined in this order)"
          columns={columns}
          value={mapping.textColumns}
          onChange={(textColumns) => change({ textColumns })}
        />
        <ColumnChoice
          label="Labels"
          columns={columns}
          value={mapping.labelColumns}
          onChange={(labelColumns) => change({ labelColumns })}
        />
        <div className="stack">
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
          {isTable && (
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
              <Switch
                label="The first line names the columns"
                value={mapping.hasHeader}
                onChange={(hasHeader) => onRead({ hasHeader })}
              />
            </>
          )}
        </div>
      </div>
      <div className="mapping-preview" role="region" aria-label="Preview" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Text</th>
              <th scope="col">Labels</th>
            </tr>
          </thead>
          <tbody>
            {preview.slice(0, 6).map((row, index) => (
              // Rows of a preview have no identity but their place.
              // eslint-disable-next-line react/no-array-index-key
              <tr key={index}>
                <td>
                  {textAt
                    .map((column) => row[column] ?? '')
                    .join('\n')
                    .slice(0, 240) || <span className="quiet">–</span>}
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
    </>
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
          <Checkbox key={column} value={column} className="check">
            {({ isSelected }) => (
              <>
                <span className="check-box" aria-hidden>
                  {isSelected && <Check size={12} strokeWidth={3} />}
                </span>
                <span className="mono">{column}</span>
              </>
            )}
          </Checkbox>
        ))}
      </div>
    </CheckboxGroup>
  );
}
