import { useEffect, useState } from 'react';

/** A value that follows another at most every `intervalMs`; at once where that is 0. */
export function useThrottled<T>(value: T, intervalMs: number): T {
  const [shown, setShown] = useState({ value, atMs: 0 });
  useEffect(() => {
    if (intervalMs === 0 || Object.is(value, shown.value)) return undefined;
    const wait = shown.atMs + intervalMs - performance.now();
    const timer = setTimeout(() => setShown({ value, atMs: performance.now() }), Math.max(0, wait));
    return () => clearTimeout(timer);
  }, [value, shown, intervalMs]);
  return intervalMs === 0 ? value : shown.value;
}
