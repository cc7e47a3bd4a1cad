import * as opfs from '../opfs.ts';

declare global {
  interface Window {
    opfs: typeof opfs;
  }
}

window.opfs = opfs;
