import type { PointGrid } from './pointGrid.ts';
import type { Surface } from './surface.ts';
import { toPlane, type Place } from './view.ts';

export type MapMode = 'select' | 'move';
/** What a lasso does to the points chosen before. */
export type Choice = 'replace' | 'add' | 'remove';

export interface GestureTarget {
  readonly mode: () => MapMode;
  readonly grid: () => PointGrid;
  readonly onHover: (point: number | null, at: Place) => void;
  readonly onPress: (point: number) => void;
  readonly onLasso: (points: readonly number[], choice: Choice) => void;
}

/** Pixels within which the pointer means a point, and beyond which a press is a drag. */
const reach = 10;
const dragAfter = 4;

/**
 * Pointer and wheel on a map. Drag: a lasso, or (in `move`, or with the middle or right button) the map. Shift adds to what is chosen, Alt
 * takes away. The wheel zooms where the map has the focus, and with Ctrl or ⌘ (a pinch on a touch pad); elsewhere the page scrolls.
 */
export function followPointer(plane: HTMLElement, surface: Surface, target: GestureTarget): () => void {
  const control = new AbortController();
  const { signal } = control;
  /** Pointers that are down, by id. */
  const down = new Map<number, Place>();
  let drag: { readonly kind: 'press' | 'lasso' | 'move'; readonly from: Place } | null = null;
  let lasso: Place[] = [];

  const placeOf = (event: PointerEvent | WheelEvent): Place => {
    const box = plane.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const planeOf = (at: Place) => toPlane(surface.view(), surface.size(), at);
  const pointAt = (at: Place) => target.grid().nearest(planeOf(at), reach / surface.view().scale);
  const end = () => {
    drag = null;
    lasso = [];
    surface.setLasso(null);
    delete plane.dataset['dragging'];
  };
  const pinch = (event: PointerEvent, at: Place) => {
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    const before = down.get(event.pointerId);
    if (!other || !before) return;
    const apart = (p: Place) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
    surface.zoomBy(apart(at) / apart(before), { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
  };

  plane.addEventListener(
    'pointerdown',
    (event) => {
      const at = placeOf(event);
      down.set(event.pointerId, at);
      plane.setPointerCapture(event.pointerId);
      if (down.size > 1) {
        end();
        return;
      }
      drag = { kind: event.button === 0 ? 'press' : 'move', from: at };
      target.onHover(null, at);
    },
    { signal },
  );
  plane.addEventListener(
    'pointermove',
    (event) => {
      const at = placeOf(event);
      const before = down.get(event.pointerId);
      if (down.size > 1) pinch(event, at);
      else if (drag && before) {
        if (drag.kind === 'press' && Math.hypot(at.x - drag.from.x, at.y - drag.from.y) > dragAfter) {
          drag = { ...drag, kind: target.mode() === 'move' ? 'move' : 'lasso' };
          if (drag.kind === 'lasso') lasso = [planeOf(drag.from)];
          plane.dataset['dragging'] = '';
        }
        if (drag.kind === 'move') surface.pan(at.x - before.x, at.y - before.y);
        if (drag.kind === 'lasso') {
          lasso.push(planeOf(at));
          surface.setLasso(lasso);
        }
      } else {
        const point = pointAt(at);
        if (point === null) delete plane.dataset['over'];
        else plane.dataset['over'] = '';
        target.onHover(point, at);
      }
      if (before) down.set(event.pointerId, at);
    },
    { signal },
  );
  plane.addEventListener(
    'pointerup',
    (event) => {
      down.delete(event.pointerId);
      const at = placeOf(event);
      const [ended, path] = [drag, lasso];
      end();
      if (ended?.kind === 'press') {
        const point = pointAt(at);
        if (point !== null) target.onPress(point);
      }
      if (ended?.kind === 'lasso' && path.length > 2) {
        const choice = event.shiftKey ? 'add' : event.altKey ? 'remove' : 'replace';
        target.onLasso(target.grid().inside(path), choice);
      }
    },
    { signal },
  );
  plane.addEventListener('pointerleave', (event) => target.onHover(null, placeOf(event)), { signal });
  for (const name of ['pointercancel', 'lostpointercapture'] as const)
    plane.addEventListener(
      name,
      (event) => {
        down.delete(event.pointerId);
        end();
      },
      { signal },
    );
  plane.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  plane.addEventListener('dblclick', () => surface.showAll(), { signal });
  plane.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== plane) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      target.onHover(null, placeOf(event));
      surface.zoomBy(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 100 : 400)), placeOf(event));
    },
    { signal, passive: false },
  );
  return () => control.abort();
}
