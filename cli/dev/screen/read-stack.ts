import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, relative, resolve } from 'node:path'

/** Rewrites stacks of bundled code for people. */
export interface StackReader {
  /**
   * Returns the frames of a stack with the files and lines of the sources, without those of Node, of packages and of
   * Jobwire itself. The first line, the error, is left out.
   */
  frames(stack: string): string[]
  /** Replaces the places of bundled code in any text by those of the sources. */
  rewrite(text: string): string
}

export interface StackReaderOptions {
  /** Paths are shown relative to this folder. */
  readonly folder: string
  /** Folders whose frames are left out: those of Jobwire's own code. */
  readonly ownFolders: () => readonly string[]
}

const PLACE = /((?:[A-Za-z]:)?[\\/][^():\n]*?\.[cm]?js):(\d+):(\d+)/g
/** Bundles come and go with each change of a task. */
const KEPT_MAPS = 8

/**
 * Makes a reader of stacks. Source maps are read here, when an error is shown, and not by the threads of the functions,
 * which would have to read theirs at each start.
 */
export function createStackReader({ folder, ownFolders }: StackReaderOptions): StackReader {
  const maps = new Map<string, SourceMap | undefined>()

  function mapOf(file: string): SourceMap | undefined {
    if (!maps.has(file)) {
      maps.set(file, readMap(file))
      const [oldest] = maps.keys()
      if (maps.size > KEPT_MAPS) maps.delete(oldest!)
    }
    return maps.get(file)
  }

  function sourceOf(file: string, line: number, column: number): Place | undefined {
    const found = mapOf(file)?.findEntry(line - 1, column - 1)
    if (found === undefined || !('originalSource' in found)) return undefined
    const path = resolve(dirname(file), found.originalSource)
    return { path, line: found.originalLine + 1, column: found.originalColumn + 1 }
  }

  function isOwn(path: string): boolean {
    if (/[\\/]node_modules[\\/]/.test(path)) return true
    return ownFolders().some((own) => !relative(own, path).startsWith('..'))
  }

  function rewritePlaces(text: string): string {
    return text.replace(PLACE, (place, file: string, line: string, column: string) => {
      const source = sourceOf(file, Number(line), Number(column))
      return source === undefined ? place : `${shortPath(source.path)}:${source.line}:${source.column}`
    })
  }

  function shortPath(path: string): string {
    const short = relative(folder, path)
    return short.startsWith('..') ? path : short
  }

  return {
    frames(stack) {
      return stack
        .split('\n')
        .filter((line) => {
          const [, file, lineNumber, column] = new RegExp(PLACE.source).exec(line) ?? []
          if (!/^\s+at /.test(line) || file === undefined) return false
          const source = sourceOf(file, Number(lineNumber), Number(column))
          return !isOwn(source?.path ?? file)
        })
        .map((line) => rewritePlaces(line).trim())
    },
    rewrite: rewritePlaces,
  }
}

interface Place {
  readonly path: string
  readonly line: number
  readonly column: number
}

function readMap(file: string): SourceMap | undefined {
  const path = `${file}.map`
  if (!existsSync(path)) return undefined
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as ConstructorParameters<typeof SourceMap>[0])
  } catch {
    return undefined
  }
}
