/*
 * Fake timers of Jest stop `queueMicrotask` too, and with it the client for tests, which has its own clock. That client
 * takes it from here (`inject` in build.mjs): promises are never faked.
 */
export function queueMicrotask(callback: () => void): void {
  void Promise.resolve().then(callback)
}
