// Makes the declarations of a package from those that the compiler makes of the sources.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

const require = createRequire(import.meta.url)

/** Has the compiler declare the types of a project's sources. Returns the paths of all files that it read. */
export function emitDeclarations(root, project, outDir) {
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', root, '--outDir', outDir]
  const manifest = require.resolve('typescript/package.json')
  const tsc = join(dirname(manifest), require(manifest).bin.tsc)
  const output = execFileSync(process.execPath, [tsc, '-p', project, ...flags, '--listFiles'], { encoding: 'utf8' })
  return output.split('\n')
}

/**
 * Returns the declaration files that some entries need, each path with its text. `emitted` is the folder that holds
 * them all, and `packages` names the packages that they may import. In the emitted text, imports name the `.ts` sources,
 * which are not in the package: they become `.js`.
 */
export function findPublicTypes(emitted, entries, packages) {
  const found = new Map()
  const queue = entries.map((entry) => join(emitted, entry))
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (found.has(file)) continue
    const text = readFileSync(file, 'utf8')
    const rewritten = text.replace(/^(?!\s*(?:\*|\/\/)).*$/gm, (line) =>
      line.replace(/(\bfrom |\bimport\()(['"])([^'"]+)\2/g, (match, keyword, quote, specifier) => {
        if (packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return match
        if (!/^\.{1,2}\/.*\.ts$/.test(specifier)) throw new Error(`${relative(emitted, file)} needs ${specifier}`)
        queue.push(resolve(dirname(file), specifier.replace(/\.ts$/, '.d.ts')))
        return `${keyword}${quote}${specifier.replace(/\.ts$/, '.js')}${quote}`
      }),
    )
    found.set(file, rewritten)
  }
  return found
}

/** Writes the declarations that `findPublicTypes` has found. */
export function writeTypes(emitted, types, outDir) {
  for (const [file, text] of types) {
    const target = join(outDir, relative(emitted, file))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
}
