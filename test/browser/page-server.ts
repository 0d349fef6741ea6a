import { build } from 'esbuild'
import { createServer, type Server } from 'node:http'
import { listen, type Listening } from '../examples/listening.ts'

interface Bundling {
  readonly splitting?: boolean
  readonly platform?: 'browser' | 'node'
  readonly minify?: boolean
}

/**
 * Bundles a program with the published SDK. With `splitting`, modules that are imported later stay in files of their
 * own.
 */
export async function bundle(
  contents: string,
  { splitting = false, platform = 'browser', minify = false }: Bundling = {},
): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), sourcefile: 'page.tsx', loader: 'tsx' },
    bundle: true,
    splitting,
    minify,
    platform,
    format: platform === 'node' ? 'cjs' : 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    tsconfigRaw: {},
    outdir: '/',
    entryNames: 'page',
    write: false,
  })
  return new Map(outputFiles.map(({ path, text }) => [path, text]))
}

/** Serves a page with its files, and tells it the cloud's address. */
export function servePage(
  html: string,
  files: ReadonlyMap<string, string>,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<Listening> {
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${html}`
  const texts = new Map([...files, ['/', page], ['/url', url], ['/token', token]])
  const server: Server = createServer(({ url: path = '/' }, response) => {
    const type = path === '/' ? 'text/html' : path.endsWith('.js') ? 'text/javascript' : 'text/plain'
    response.writeHead(texts.has(path) ? 200 : 404, { 'content-type': type }).end(texts.get(path))
  })
  return listen(server)
}
