/*
 * Fake timers of Jest stop `queueMicrotask` too, and with it a client that knows no other time than its own. The
 * client for tests takes it from here (`inject` in build.mjs): promises are never faked.
 */
export function queueMicrotask(callback: () => void): void {
  void Promise.resolve().then(callback)
}
