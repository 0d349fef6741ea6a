import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Every file of the repository that is there now: what git tracks, and what is new and not ignored. */
export const FILES: readonly string[] = listFiles()

const FILE_NAMES: ReadonlySet<string> = new Set(FILES.map((file) => basename(file)))
const FOLDERS: ReadonlySet<string> = new Set(FILES.flatMap(foldersOf))
const TOP_FOLDERS: ReadonlySet<string> = new Set([...FOLDERS].filter((folder) => !folder.includes('/')))

/** The paths and file names in backticks of a Markdown text, without its blocks of code. */
export function citedPaths(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!).filter(looksLikePath)
}

/** True for a path of a file or folder, and for the bare name of a file. A `*` stands for any part of a name. */
export function existsInRepository(path: string): boolean {
  const name = path.replace(/\/$/, '')
  if (name.includes('*')) {
    const pattern = new RegExp(`^${name.split('*').map(escapeRegExp).join('[^/]*')}$`)
    return FILES.some((file) => pattern.test(file)) || [...FOLDERS].some((folder) => pattern.test(folder))
  }
  return FILES.includes(name) || FOLDERS.has(name) || (!name.includes('/') && FILE_NAMES.has(name))
}

export function readText(file: string): string {
  return readFileSync(file, 'utf8')
}

/** Placeholders such as `<name>` and `NNNN` stand for a path that is still to be made. */
function looksLikePath(text: string): boolean {
  if (/[\s<>(){}=,]|NNNN/.test(text)) return false
  const [top, ...rest] = text.split('/')
  if (rest.length > 0 && TOP_FOLDERS.has(top!)) return true
  return /^[\w./*-]+\.(ts|tsx|mjs|md)$/.test(text)
}

function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

function listFiles(): string[] {
  const { stdout } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  return stdout.split('\n').filter((file) => file !== '' && existsSync(file))
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
}
