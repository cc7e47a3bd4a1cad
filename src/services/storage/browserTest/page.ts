import { cacheFolder } from '../cacheFolder.ts';
import * as opfs from '../opfs.ts';

declare global {
  interface Window {
    opfs: typeof opfs;
    cacheFolder: typeof cacheFolder;
  }
}

Object.assign(window, { cacheFolder, opfs });
