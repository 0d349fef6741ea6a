import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

export type Handler = (event: unknown, context: unknown) => unknown

interface HandlerLocation {
  readonly taskRoot: string
  /** Like `index.handler` or `folder/file.nested.handler`. */
  readonly handler: string
  /** Like `nodejs24.x`. */
  readonly runtime: string
}

/** An error of the runtime itself. Its name tells it apart, as in AWS's Node.js runtime. */
class RuntimeError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = `Runtime.${name}`
  }
}

/** Loads the module that the handler's name points at, CommonJS or ESM, and finds the handler in it. */
export async function loadHandler({ taskRoot, handler, runtime }: HandlerLocation): Promise<Handler> {
  if (handler.includes('..')) {
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    )
  }
  const name = basename(handler)
  const dot = name.indexOf('.')
  if (dot < 0) throw new RuntimeError('MalformedHandlerName', 'Bad handler')
  const root = realpathSync(taskRoot)
  const modulePath = join(dirname(handler), name.slice(0, dot))
  const loaded = await loadModule(root, modulePath)
  const found = findHandler(loaded, name.slice(dot + 1), handler)
  refuseCallbackStyle(found, runtime)
  return found
}

async function loadModule(root: string, modulePath: string): Promise<unknown> {
  try {
    for (const extension of ['', '.js', '.mjs', '.cjs']) {
      const file = resolve(root, modulePath + extension)
      if (existsSync(file)) return await loadFile(root, file)
    }
    throw Object.assign(new Error(`Cannot find module '${modulePath}'`), { code: 'MODULE_NOT_FOUND' })
  } catch (error) {
    if (error instanceof SyntaxError) {
      const wrapped = new RuntimeError('UserCodeSyntaxError', String(error))
      if (error.stack !== undefined) wrapped.stack = error.stack
      throw wrapped
    }
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      throw new RuntimeError('ImportModuleError', String(error))
    }
    throw error
  }
}

async function loadFile(root: string, file: string): Promise<unknown> {
  const isModule = file.endsWith('.mjs') || (file.endsWith('.js') && packageType(root, file) === 'module')
  if (isModule) return await import(pathToFileURL(file).href)
  treatAsCommonJs(root)
  try {
    return createRequire(file)(file)
  } catch (error) {
    // Node.js 24 finds out by itself that a file without a package.json is ESM.
    if (error instanceof SyntaxError && /\b(import|export|await)\b/.test(error.message) && file.endsWith('.js')) {
      return await import(pathToFileURL(file).href)
    }
    throw error
  }
}

/**
 * Makes a `.js` file CommonJS. On AWS the code lies in /var/task with no package.json above it. Here it lies in
 * somebody's project, whose package.json may say `"type": "module"`, and Node.js would obey it.
 */
function treatAsCommonJs(root: string): void {
  const extensions = (Module as unknown as { _extensions: Record<string, ExtensionLoader> })._extensions
  const original = extensions['.js']!
  extensions['.js'] = (module, file) => {
    if (!file.startsWith(root + sep) || packageType(root, file) === 'module') return original(module, file)
    module._compile(readFileSync(file, 'utf8'), file)
  }
}

type ExtensionLoader = (module: { _compile(source: string, file: string): void }, file: string) => void

/** Reads the `type` of the nearest package.json, within the function's own code only. */
function packageType(root: string, file: string): string | undefined {
  for (let folder = dirname(file); folder.startsWith(root); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { type?: string }).type
  }
  return undefined
}

function findHandler(loaded: unknown, path: string, fullName: string): Handler {
  const found = member(loaded, path) ?? member((loaded as { default?: unknown }).default, path)
  if (found === undefined || found === null) {
    throw new RuntimeError('HandlerNotFound', `${fullName} is undefined or not exported`)
  }
  if (typeof found !== 'function') throw new RuntimeError('HandlerNotFound', `${fullName} is not a function`)
  return found as Handler
}

function member(value: unknown, path: string): unknown {
  let found = value
  for (const key of path.split('.')) {
    found = found !== null && typeof found === 'object' ? (found as Record<string, unknown>)[key] : undefined
  }
  return found
}

function refuseCallbackStyle(handler: Handler, runtime: string): void {
  if (handler.length < 3) return
  const major = Number(/\d+/.exec(runtime)?.[0])
  const message =
    major >= 24
      ? 'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
        'You need to modify this function to use a supported handler signature to use Node.js 24 or later. ' +
        'For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.'
      : 'The local cloud does not run callback-based function handlers: make this one an async function of two ' +
        'parameters, which Node.js 24 needs on AWS too.'
  throw new RuntimeError('CallbackHandlerDeprecated', message)
}
