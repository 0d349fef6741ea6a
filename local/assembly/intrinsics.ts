import { namedValues, ownValue } from '../named-values.ts'
import { AssemblyError } from './assembly-error.ts'
import { splitCidr } from './split-cidr.ts'

/** Resolves the references in one part of a template. */
export interface Scope {
  /** The logical id or the output that error messages name. */
  readonly where: string
  /** Resolves a pseudo parameter, a parameter or a resource. */
  ref(name: string): unknown
  attribute(logicalId: string, name: string): unknown
  condition(name: string): boolean
  mapped(map: string, key: string, subKey: string): unknown
  /** Resolves the name of an output that another stack exports. */
  imported(exportName: string): unknown
  /** Resolves a dynamic reference such as `{{resolve:ssm:/name}}`, given without its braces. */
  dynamic(reference: string): string
}

/** The value of `AWS::NoValue`: the property, or the element of a list, is left out. */
export const NO_VALUE = Symbol('AWS::NoValue')

type Intrinsic = (argument: unknown, scope: Scope) => unknown

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, scope) => scope.ref(textArgument(name, 'Ref', scope)),
  'Fn::GetAtt': (argument, scope) => scope.attribute(...attributePath(argument, scope)),
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = listArgument(argument, 'Fn::Join', scope)
    const joined = listArgument(resolve(parts, scope), 'Fn::Join', scope)
      .map((part) => textArgument(part, 'Fn::Join', scope))
      .join(textArgument(separator, 'Fn::Join', scope))
    return resolveDynamicReferences(joined, scope)
  },
  'Fn::Sub': (argument, scope) => substitute(argument, scope),
  'Fn::Select': (argument, scope) => {
    const [index, choices] = listArgument(argument, 'Fn::Select', scope)
    const chosen = listArgument(resolve(choices, scope), 'Fn::Select', scope)[Number(resolve(index, scope))]
    return chosen ?? malformed('Fn::Select', scope)
  },
  'Fn::ImportValue': (name, scope) => scope.imported(textArgument(resolve(name, scope), 'Fn::ImportValue', scope)),
  'Fn::GetAZs': (_region, scope) => ['a', 'b', 'c'].map((zone) => `${String(scope.ref('AWS::Region'))}${zone}`),
  'Fn::Base64': (text, scope) =>
    Buffer.from(textArgument(resolve(text, scope), 'Fn::Base64', scope)).toString('base64'),
  'Fn::Cidr': (argument, scope) => {
    const [block, count, bits = 8] = listArgument(resolve(argument, scope), 'Fn::Cidr', scope)
    return (
      splitCidr(textArgument(block, 'Fn::Cidr', scope), Number(count), Number(bits)) ?? malformed('Fn::Cidr', scope)
    )
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = listArgument(argument, 'Fn::Split', scope)
    return textArgument(resolve(source, scope), 'Fn::Split', scope).split(textArgument(separator, 'Fn::Split', scope))
  },
  'Fn::If': (argument, scope) => {
    const [condition, then, otherwise] = listArgument(argument, 'Fn::If', scope)
    return resolve(scope.condition(textArgument(condition, 'Fn::If', scope)) ? then : otherwise, scope)
  },
  'Fn::FindInMap': (argument, scope) => {
    const names = listArgument(resolve(argument, scope), 'Fn::FindInMap', scope)
    const [map, key, subKey] = names.map((name) => textArgument(name, 'Fn::FindInMap', scope))
    if (map === undefined || key === undefined || subKey === undefined) return malformed('Fn::FindInMap', scope)
    return resolve(scope.mapped(map, key, subKey), scope)
  },
}

const CONDITION_INTRINSICS: Readonly<Record<string, (argument: unknown, scope: Scope) => boolean>> = {
  Condition: (name, scope) => scope.condition(textArgument(name, 'Condition', scope)),
  'Fn::Equals': (argument, scope) => {
    const [left, right] = listArgument(argument, 'Fn::Equals', scope)
    return String(resolve(left, scope)) === String(resolve(right, scope))
  },
  'Fn::Not': (argument, scope) => !evaluateCondition(listArgument(argument, 'Fn::Not', scope)[0], scope),
  'Fn::And': (argument, scope) =>
    listArgument(argument, 'Fn::And', scope).every((each) => evaluateCondition(each, scope)),
  'Fn::Or': (argument, scope) => listArgument(argument, 'Fn::Or', scope).some((each) => evaluateCondition(each, scope)),
}

/**
 * Replaces every intrinsic in a value by its result.
 *
 * @example
 * resolve({ 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] }, scope) // 'a-us-east-1'
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== NO_VALUE)
  if (typeof value === 'string') return resolveDynamicReferences(value, scope)
  if (typeof value !== 'object' || value === null) return value
  const intrinsic = intrinsicName(value, scope.where)
  if (intrinsic !== undefined) return INTRINSICS[intrinsic]!((value as Record<string, unknown>)[intrinsic], scope)
  const resolved = namedValues<unknown>()
  for (const [key, member] of Object.entries(value)) {
    const result = resolve(member, scope)
    if (result !== NO_VALUE) resolved[key] = result
  }
  return resolved
}

/** Evaluates one entry of a template's `Conditions`. */
export function evaluateCondition(expression: unknown, scope: Scope): boolean {
  const [name, ...others] = Object.keys(expression ?? {})
  const evaluate = name === undefined ? undefined : ownValue(CONDITION_INTRINSICS, name)
  if (name === undefined || evaluate === undefined || others.length > 0) {
    const what = name === undefined ? 'an empty condition' : `the condition ${name}`
    throw new AssemblyError(`${scope.where}: the local cloud does not implement ${what}.`)
  }
  return evaluate((expression as Record<string, unknown>)[name], scope)
}

/** Returns the logical ids (and parameters) that a value refers to. Throws if the value has an unknown intrinsic. */
export function referencesOf(value: unknown, where: string): Set<string> {
  const found = new Set<string>()
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) return part.forEach(visit)
    if (typeof part !== 'object' || part === null) return
    const intrinsic = intrinsicName(part, where)
    const argument = intrinsic === undefined ? undefined : (part as Record<string, unknown>)[intrinsic]
    if (intrinsic === 'Ref') found.add(String(argument))
    else if (intrinsic === 'Fn::GetAtt')
      found.add(String(Array.isArray(argument) ? argument[0] : argument).split('.')[0]!)
    else {
      if (intrinsic === 'Fn::Sub') for (const name of substitutedNames(argument)) found.add(name)
      Object.values(part).forEach(visit)
    }
  }
  visit(value)
  return found
}

function intrinsicName(value: object, where: string): string | undefined {
  const keys = Object.keys(value)
  const name = keys.find((key) => key === 'Ref' || key.startsWith('Fn::'))
  if (name === undefined) return undefined
  if (!Object.hasOwn(INTRINSICS, name)) {
    throw new AssemblyError(`${where}: the local cloud does not implement the intrinsic ${name}.`)
  }
  if (keys.length > 1) throw new AssemblyError(`${where}: ${name} stands beside ${keys.filter((k) => k !== name)[0]}.`)
  return name
}

const PLACEHOLDER = /\$\{(!?)([^}]*)\}/g

function substitute(argument: unknown, scope: Scope): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
  const replace = (_whole: string, literal: string, name: string): string => {
    if (literal === '!') return `\${${name}}`
    const given = ownValue(variables as Record<string, unknown>, name)
    if (given !== undefined) return textArgument(resolve(given, scope), 'Fn::Sub', scope)
    const dot = name.indexOf('.')
    const found = dot < 0 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1))
    return textArgument(found, 'Fn::Sub', scope)
  }
  const text = textArgument(template, 'Fn::Sub', scope).replace(PLACEHOLDER, replace)
  return resolveDynamicReferences(text, scope)
}

function substitutedNames(argument: unknown): string[] {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
  return [...String(template).matchAll(PLACEHOLDER)]
    .filter(([, literal, name]) => literal !== '!' && !Object.hasOwn(Object(variables), name!))
    .map(([, , name]) => name!.split('.')[0]!)
}

function attributePath(argument: unknown, scope: Scope): [string, string] {
  if (typeof argument === 'string' && argument.includes('.')) {
    const dot = argument.indexOf('.')
    return [argument.slice(0, dot), argument.slice(dot + 1)]
  }
  const [logicalId, name] = listArgument(argument, 'Fn::GetAtt', scope)
  return [textArgument(logicalId, 'Fn::GetAtt', scope), textArgument(resolve(name, scope), 'Fn::GetAtt', scope)]
}

function resolveDynamicReferences(value: string, scope: Scope): string {
  return value.includes('{{resolve:')
    ? value.replace(/\{\{resolve:([^}]*)\}\}/g, (_whole, reference: string) => scope.dynamic(reference))
    : value
}

function listArgument(value: unknown, intrinsic: string, scope: Scope): readonly unknown[] {
  return Array.isArray(value) ? value : malformed(intrinsic, scope)
}

function textArgument(value: unknown, intrinsic: string, scope: Scope): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : malformed(intrinsic, scope)
}

function malformed(intrinsic: string, scope: Scope): never {
  throw new AssemblyError(`${scope.where}: the arguments of ${intrinsic} are malformed.`)
}
