import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
  startCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { linter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { Annotation, EditorState, Prec, RangeSetBuilder } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  keymap,
  placeholder,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from '@codemirror/view';
import { completionsAt } from '../../../core/mining/complete.ts';
import type { Concept } from '../../../core/mining/concepts.ts';
import { tokensOf } from '../../../core/mining/lexer.ts';
import { quoteName } from '../../../core/mining/print.ts';
import { readFormula } from './reading.ts';

// The formula editor, outside of React. Loaded when the cell is first opened.

export interface FormulaEditorOptions {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onSubmit: () => void;
  readonly concepts: readonly Concept[];
}

export interface FormulaEditorHandle {
  set(value: string): void;
  /** Other concepts: the formula is read again. */
  setConcepts(concepts: readonly Concept[]): void;
  select(from: number, to: number): void;
  /** Puts a concept where the cursor is, joined by AND where an operand stands before it. */
  insert(name: string): void;
  focus(): void;
  destroy(): void;
}

/** A change that comes from outside and is not told back. */
const fromOutside = Annotation.define<boolean>();

const tokenClasses: Readonly<Record<string, string>> = {
  concept: 'formula-concept',
  and: 'formula-operator',
  or: 'formula-operator',
  not: 'formula-operator',
  operator: 'formula-operator',
  number: 'formula-number',
  unclosed: 'formula-concept',
};

function decorate(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { kind, from, to } of tokensOf(view.state.doc.toString())) {
    const name = tokenClasses[kind];
    if (name) builder.add(from, to, Decoration.mark({ class: name }));
  }
  return builder.finish();
}

const highlighting = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = decorate(view);
    }
    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = decorate(update.view);
    }
  },
  { decorations: ({ decorations }) => decorations },
);

const theme = EditorView.theme({
  '&': {
    fontSize: 'var(--size-14)',
    // As round as the frame around it, whose corners it would hide.
    borderRadius: 'calc(var(--radius) - 1px)',
    backgroundColor: 'var(--paper)',
    color: 'var(--ink)',
  },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '0' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '10px 12px', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--paper-raised)',
    color: 'var(--ink)',
    border: '1px solid var(--hairline-strong)',
    borderRadius: 'var(--radius)',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font)', maxHeight: '220px' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '4px 10px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--ink)',
  },
  '.cm-completionDetail': { color: 'var(--ink-3)', fontStyle: 'normal' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--accent)', color: 'var(--accent-ink)' },
});

/** Mounts the editor into an element. */
export function mountFormulaEditor(parent: HTMLElement, options: FormulaEditorOptions): FormulaEditorHandle {
  let { concepts } = options;
  const complete = (context: CompletionContext): CompletionResult | null => {
    const { from, to, options: found } = completionsAt(context.state.doc.toString(), context.pos, concepts);
    if (found.length === 0 || (!context.explicit && from === context.pos && context.pos === 0)) return null;
    return {
      from,
      to,
      filter: false,
      options: found.map(({ kind, label, insert, detail }) => ({
        label,
        detail,
        type: kind,
        // The editor moves both ends along where the formula changed meanwhile.
        apply: (view: EditorView, _completion: Completion, start: number, end: number) => {
          view.dispatch({
            changes: { from: start, to: end, insert },
            selection: { anchor: start + insert.length },
            userEvent: 'input.complete',
          });
          // What comes next is offered at once: an operand after an operator.
          if (kind === 'operator') startCompletion(view);
        },
      })),
    };
  };
  const diagnose = (view: EditorView): Diagnostic[] => {
    const source = view.state.doc.toString();
    if (source.trim() === '') return [];
    return readFormula(source, concepts).errors.map((error): Diagnostic => {
      // An empty place, such as the end, is shown on the sign before it.
      const to = Math.min(source.length, Math.max(error.to, error.from + 1));
      const from = Math.min(error.from, Math.max(0, to - 1));
      const message = `${error.message} ${error.remedy}`;
      const meant = /^Did you mean “(.+)”\?$/u.exec(error.remedy)?.[1];
      if (meant === undefined) return { from, to, severity: 'error', message };
      const apply = (target: EditorView, start: number, end: number) =>
        target.dispatch({ changes: { from: start, to: end, insert: quoteName(meant) } });
      return { from, to, severity: 'error', message, actions: [{ name: `Use “${meant}”`, apply }] };
    });
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.value,
      extensions: [
        Prec.highest(
          keymap.of([
            {
              key: 'Enter',
              run: (target) => {
                if (completionStatus(target.state) === 'active') return false;
                options.onSubmit();
                return true;
              },
            },
          ]),
        ),
        history(),
        closeBrackets(),
        autocompletion({ override: [complete], icons: false, activateOnTyping: true }),
        linter(diagnose, { delay: 200 }),
        highlighting,
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        placeholder('"about food" AND NOT "about movie"'),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'Formula', spellcheck: 'false' }),
        EditorView.updateListener.of((update) => {
          const isOwn = !update.transactions.some((each) => each.annotation(fromOutside));
          if (update.docChanged && isOwn) options.onChange(update.state.doc.toString());
        }),
        theme,
      ],
    }),
  });
  return {
    set(value) {
      if (value === view.state.doc.toString()) return;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: value },
        annotations: fromOutside.of(true),
      });
    },
    setConcepts(next) {
      concepts = next;
      view.dispatch(setDiagnostics(view.state, diagnose(view)));
    },
    select(from, to) {
      view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
      view.focus();
    },
    insert(name) {
      const source = view.state.doc.toString();
      const { from, to } = view.state.selection.main;
      const at = from === 0 && source !== '' && !view.hasFocus ? source.length : from;
      const before = source.slice(0, at).trimEnd();
      const last = tokensOf(before).at(-1);
      const joins = last !== undefined && ['concept', 'number', 'close'].includes(last.kind);
      const gap = at > 0 && !/\s$/u.test(source.slice(0, at)) && last?.kind !== 'open' ? ' ' : '';
      const insert = `${gap}${joins ? 'AND ' : ''}${quoteName(name)}`;
      view.dispatch({
        changes: { from: at, to: Math.max(at, to), insert },
        selection: { anchor: at + insert.length },
      });
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
