import type { Layout } from 'plotly.js';

interface Redrawn {
  readonly layout?: Partial<Layout>;
  readonly _fullLayout?: { readonly _size?: { readonly t?: number } };
}

interface Relayouts {
  relayout(element: HTMLElement, change: Record<string, unknown>): Promise<unknown>;
}

const topMargin = (element: HTMLElement) => (element as Redrawn)._fullLayout?._size?.t;

/**
 * Draws, then puts the legend where it belongs: plotly places it by the margins of the drawing before, so that a legend which
 * has come to more rows or fewer would lie over the plot, or out of the picture.
 */
export async function withLegendInPlace<T>(
  plotly: Relayouts,
  element: HTMLElement,
  draw: () => Promise<T>,
): Promise<T> {
  const before = topMargin(element);
  const drawn = await draw();
  const y = (element as Redrawn).layout?.legend?.y;
  // The same place as before: plotly draws nothing but the legend again.
  if (before !== undefined && y !== undefined && topMargin(element) !== before)
    await plotly.relayout(element, { 'legend.y': y });
  return drawn;
}
