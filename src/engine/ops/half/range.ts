/** The largest number of IEEE binary16. What is larger is stored as this: an infinity would spoil every sum it enters. */
export const largestHalf = 65504;
