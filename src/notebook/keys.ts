// Keys of the browser's storage, for all who write, remove, duplicate or save what lies under them.

export const notebookKey = (id: string) => `notebook/${id}`;
/** Of the list of notebooks. */
export const notebookIndexKey = 'notebooks';
/** In localStorage. */
export const lastWordsKey = (id: string) => `verbena/last-words/${id}`;
export const pairsKey = (notebookId: string) => `tuning-pairs/${notebookId}`;
/** What a run was started from. */
export const runInputsKey = (runId: string) => `run-inputs/${runId}`;
export const referenceOutputsKey = (id: string) => `reference-outputs/${id}`;
