import { dirname, relative, resolve, sep } from 'node:path'
import { IMPORT_TABLE } from './import-table.js'

/** The linter's plugin. Refuses imports that the table does not allow. Imports of types and late imports count too. */
export default {
  meta: { name: 'jobwire' },
  rules: {
    imports: {
      create(context) {
        const file = relative(context.cwd, context.filename).split(sep).join('/')
        const check = (node, specifier) => {
          const message = typeof specifier === 'string' ? refusal(file, specifier) : undefined
          if (message !== undefined) context.report({ node, message: `'${specifier}': ${message}` })
        }
        return {
          ImportDeclaration: (node) => check(node, node.source.value),
          ExportNamedDeclaration: (node) => check(node, node.source?.value),
          ExportAllDeclaration: (node) => check(node, node.source.value),
          ImportExpression: (node) => check(node, node.source.value),
          TSImportType: (node) => check(node, node.source?.value),
        }
      },
    },
  },
}

/** Says why a file may not import something, or returns undefined. */
function refusal(file, specifier) {
  const layer = mostSpecific(IMPORT_TABLE.filter(({ folder }) => isWithin(file, folder)))
  if (layer === undefined) return undefined
  const { folder, mayImport = [], packages = [], reason } = layer
  if (!specifier.startsWith('.')) {
    return packages.some((name) => isNamed(specifier, name)) ? undefined : reason
  }
  const target = relative('.', resolve(dirname(file), specifier))
    .split(sep)
    .join('/')
  if (![folder, ...mayImport].some((allowed) => isWithin(target, allowed))) return reason
  return roomRefusal(file, target)
}

/** Within a layer, a room may import the rooms before it. Files beside the rooms may import all of them. */
function roomRefusal(file, target) {
  const layer = mostSpecific(IMPORT_TABLE.filter(({ folder, rooms }) => rooms && isWithin(file, folder)))
  if (layer === undefined || !isWithin(target, layer.folder)) return undefined
  const from = roomOf(layer, file)
  const to = roomOf(layer, target)
  if (from === undefined || from === to) return undefined
  if (to === undefined) return `the room ${from} may not import a file beside the rooms.`
  const places = [from, to].map((room) => layer.rooms.indexOf(room))
  if (places.includes(-1)) return `the room ${from} or ${to} has no place in scripts/lint/import-table.js.`
  return places[1] < places[0] ? undefined : `the room ${from} stands below the room ${to} and may not import it.`
}

function roomOf({ folder }, file) {
  const [room, ...rest] = file.slice(folder.length + 1).split('/')
  return rest.length === 0 ? undefined : room
}

function mostSpecific(layers) {
  return layers.sort((one, other) => other.folder.length - one.folder.length)[0]
}

function isWithin(file, folder) {
  return file === folder || file.startsWith(`${folder}/`)
}

function isNamed(specifier, name) {
  return name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name
}
