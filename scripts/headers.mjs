// Headers every server of Verbena sends: development, preview and `npm start` read this one table.

/** Cross-origin isolation: without it `SharedArrayBuffer` is missing and WASM runs on one thread. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Hosts a hub download may touch, and only after the user asked for a hub model. */
export const hubHosts = ['https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co'];

export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  `connect-src 'self' blob: data: ${hubHosts.join(' ')}`,
  "img-src 'self' data: blob:",
  // Plotly and react-aria write element styles; no stylesheet comes from anywhere but the page.
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What the production server sends with every response. */
export const productionHeaders = {
  ...isolationHeaders,
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
