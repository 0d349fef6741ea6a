/** Lets the methods of an object be taken off it, as in `const { run } = jobs`, or be copied with it, as in `{ ...jobs }`. */
export function bindMethods(object: object): void {
  const methods = Object.getPrototypeOf(object) as Record<string, (...args: unknown[]) => unknown>
  for (const name of Object.getOwnPropertyNames(methods)) {
    if (name !== 'constructor') Object.assign(object, { [name]: methods[name]!.bind(object) })
  }
}
