import { Component, type ReactNode } from 'react';
import { toWire, type ErrorWire } from '../../base/errors.ts';
import { ErrorPanel } from './panels.tsx';

interface Props {
  readonly title: string;
  readonly children: ReactNode;
}

/** A cell that cannot be drawn shows its error in its own place; the rest of the page lives on. */
export class CellBoundary extends Component<Props, { readonly error: ErrorWire | null }> {
  override state: { readonly error: ErrorWire | null } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: toWire(error) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <section className="cell" aria-label={this.props.title}>
        <h2>{this.props.title}</h2>
        <ErrorPanel
          error={error}
          action={{ label: 'Draw again', run: () => this.setState({ error: null }) }}
        />
      </section>
    );
  }
}
