// Serves the page, the SDK's build for browsers, and a token. An application would sign one for the logged-in user.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { basename } from 'node:path'

export function createPageServer({ url, token }: { readonly url: string; readonly token: string }): Server {
  async function answer(path: string): Promise<readonly [type: string, body: string]> {
    if (path === '/') return ['text/html', await readFile('examples/browser/index.html', 'utf8')]
    if (path === '/url') return ['text/plain', url]
    if (path === '/token') return ['text/plain', token]
    return ['text/javascript', await readFile(`sdk/dist/esm/${basename(path)}`, 'utf8')]
  }
  return createServer((request, response) => {
    answer(request.url ?? '/').then(
      ([type, body]) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(404).end(),
    )
  })
}
