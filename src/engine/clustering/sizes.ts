/** The uniform of every kernel here: a new k or another set of candidates compiles nothing. */
export const clusterStruct = `
struct Sizes { count: u32, quads: u32, k: u32, segments: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;`;

/** Rows a segment holds at most. */
export const segmentRows = 64;

/** Candidates that one pass of `distances` takes. */
export const mostCandidates = 16;
