export declare const repository: string;
export declare function ensureInstalled(log?: (line: string) => void): Promise<void>;
export declare function ensureBuilt(log?: (line: string) => void): Promise<void>;
export declare function isInstalled(folder?: string): boolean;
export declare function checkNode(version?: string): void;
