// Folders of the origin private file system, for all who write, measure or save what lies in them.

/** A folder a run. */
export const runsFolder = 'runs';
/** Copies of data, a folder each. */
export const keptDataFolder = 'corpus/kept';
