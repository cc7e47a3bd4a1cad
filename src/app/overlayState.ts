import { createStore } from 'zustand/vanilla';
import { keepSetting, readSetting } from './localSettings.ts';

const foldedKey = 'verbena.outline';

/** Which overlay of the shell is open. Apart from the commands, so that cells may open one. */
export const overlays = createStore<{
  readonly open: 'palette' | 'help' | 'share' | 'saveAll' | 'notebooks' | 'storage' | null;
  /** On narrow windows: the outline's drawer is out. */
  readonly rail: boolean;
  /** On wide ones: the outline's column is folded away. Remembered by this browser. */
  readonly railFolded: boolean;
}>(() => ({ open: null, rail: false, railFolded: readSetting(foldedKey) === 'folded' }));

/** Shows or hides the outline: a drawer below 900 px, a column from there on. */
export function toggleOutline(): void {
  const { rail, railFolded } = overlays.getState();
  if (matchMedia('(max-width: 899px)').matches) overlays.setState({ rail: !rail });
  else {
    overlays.setState({ railFolded: !railFolded });
    keepSetting(foldedKey, railFolded ? 'shown' : 'folded');
  }
}
