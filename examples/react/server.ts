// Serves the page, bundled as any tool for React does it, and a token. An application would sign one for its user.
import { build } from 'esbuild'
import { createServer, type Server } from 'node:http'

const HTML = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>Jobs in a React page</title>
  <link rel="icon" href="data:," />
  <div id="root"></div>
  <script type="module" src="/page.js"></script>
</html>
`

export function createReactServer({ url, token }: { readonly url: string; readonly token: string }): Server {
  const bundled = bundle('examples/react/page.tsx')
  // The request for the page reports the error.
  bundled.catch(() => {})
  async function answer(path: string): Promise<readonly [type: string, body: string]> {
    if (path === '/') return ['text/html', HTML]
    if (path === '/url') return ['text/plain', url]
    if (path === '/token') return ['text/plain', token]
    const body = (await bundled).get(path)
    if (body === undefined) throw new Error(`There is no ${path}.`)
    return ['text/javascript', body]
  }
  return createServer((request, response) => {
    answer(request.url ?? '/').then(
      ([type, body]) => response.writeHead(200, { 'content-type': type }).end(body),
      (error: Error) => response.writeHead(404, { 'content-type': 'text/plain' }).end(error.message),
    )
  })
}

/** Bundles the page. The parts that the SDK loads later stay in files of their own. */
async function bundle(entry: string): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    // Use the published SDK, not the sources that the `paths` of this repository name.
    tsconfigRaw: {},
    outdir: '/',
    write: false,
  })
  return new Map(outputFiles.map(({ path, text }) => [path, text]))
}
