export declare const isolationHeaders: Readonly<Record<string, string>>;
export declare const hubHosts: readonly string[];
export declare const localEndpoints: readonly string[];
export declare function policyWith(endpoints?: readonly string[]): string;
export declare const contentSecurityPolicy: string;
export declare const productionHeaders: Readonly<Record<string, string>>;
