export declare const defaultPort: number;
export interface StaticServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}
export declare function parseRange(header: string | undefined, size: number): ByteRange | null | 'invalid';
export declare function endpointOrigin(written: string): string;
export declare function serve(options: {
  readonly root: string;
  readonly port?: number;
  readonly strictPort?: boolean;
  /** Servers beside those on this machine that the page may talk to. */
  readonly allowEndpoints?: readonly string[];
}): Promise<StaticServer>;
