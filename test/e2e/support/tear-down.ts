export default async function tearDown(): Promise<void> {
  await globalThis.e2eCloud?.stop()
}
