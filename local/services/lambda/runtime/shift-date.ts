/**
 * Sets this thread's present to the local cloud's clock: `Date.now()` and `new Date()` are ahead of the machine's by
 * the current offset. Timers still run by real time.
 */
export function shiftDate(offset: Float64Array): void {
  const RealDate = Date
  const now = (): number => RealDate.now() + Math.trunc(offset[0]!)
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values: [], newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  })
}
