export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests?: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}
export interface PlaywrightReport {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
  readonly errors?: readonly unknown[];
}
export declare function vitestCounts(report: VitestReport): Counts;
export declare function playwrightCounts(report: PlaywrightReport): Counts;
export declare function counted<Report>(
  file: string,
  code: number,
  read: (report: Report) => Counts,
  log?: (line: string) => void,
): Counts;
