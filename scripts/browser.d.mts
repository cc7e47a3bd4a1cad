export declare const chromiumArgs: readonly string[];
export declare const chromiumCpuArgs: readonly string[];
export declare class ScriptError extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, message: string, remedy: string);
}
export declare function findChromium(): Promise<string | null>;
export declare function ensureChromium(log?: (line: string) => void): Promise<string>;
export declare function swiftShaderEnvironment(chromiumPath?: string | null): Record<string, string>;
