import type { BrowserContext } from 'playwright-core';

export type RepositoryFiles = ReadonlyMap<string, Buffer>;

export const firstCommit = '0123456789abcdef0123456789abcdef01234567';

/**
 * Answers in the hub's place for these repositories, at the hub's own address; the list tells what was asked. `commit`: what their branch
 * names now.
 */
export async function standInForHub(
  context: BrowserContext,
  repositories: ReadonlyMap<string, RepositoryFiles>,
  commit: () => string = () => firstCommit,
): Promise<string[]> {
  const asked: string[] = [];
  const headers = { 'access-control-allow-origin': '*' };
  await context.route('https://huggingface.co/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    for (const [repository, files] of repositories) {
      if (pathname.startsWith(`/api/models/${repository}/revision/`)) {
        const siblings = [...files].map(([rfilename, { length: size }]) => ({ rfilename, size }));
        return route.fulfill({ headers, json: { sha: commit(), siblings } });
      }
      // Generators ask for the branch, embedders and Verbena's own reader for the commit.
      const name = ['main', commit()]
        .map((revision) => `/${repository}/resolve/${revision}/`)
        .flatMap((prefix) => (pathname.startsWith(prefix) ? [pathname.slice(prefix.length)] : []))[0];
      const body = name === undefined ? undefined : files.get(name);
      if (body)
        return route.fulfill({
          headers: { ...headers, 'content-length': String(body.length) },
          contentType: 'application/octet-stream',
          body,
        });
    }
    return route.fulfill({ status: 404, headers, body: 'Entry not found' });
  });
  return asked;
}
