import { useEffect, type ComponentType } from 'react';
import { useStore } from 'zustand';
import { createChunks } from '../chunks.ts';
import { ErrorPanel } from './panels.tsx';

/**
 * A component whose code is fetched when it is first drawn, or ahead of that by `fetch`. Until it is here there is nothing to
 * see; where it does not come, that is said, with a way to try again.
 */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  const chunks = createChunks({ code: load });
  const fetch = () => void chunks.load('code').catch(() => undefined);
  function Later(props: Props) {
    const code = useStore(chunks.store, (state) => state.code);
    useEffect(fetch, []);
    if (code.kind === 'here') return <code.value {...props} />;
    if (code.kind === 'failed')
      return <ErrorPanel error={code.error} action={{ label: 'Try again', run: fetch }} />;
    return <span hidden aria-busy />;
  }
  return Object.assign(Later, { fetch });
}
