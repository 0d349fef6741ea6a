/**
 * Cuts a text from outside for a message, and marks the cut. Never leaves half a character: UTF-8 cannot carry it.
 *
 * @example
 * shortenText('greetings', 5) // 'greet…'
 */
export function shortenText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  // Without its last unit a surrogate pair would be half a character.
  const isInsideCharacter = text.codePointAt(maxLength - 1)! > 0xffff
  return `${text.slice(0, isInsideCharacter ? maxLength - 1 : maxLength)}…`
}
