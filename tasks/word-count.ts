export interface WordCount {
  readonly words: number
  readonly different: number
  /** The five most frequent words, the most frequent first. */
  readonly top: readonly { readonly word: string; readonly count: number }[]
}

const TOP = 5

export function countWords(text: string): WordCount {
  const counts = new Map<string, number>()
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const ranked = [...counts].sort(([wordA, countA], [wordB, countB]) => countB - countA || wordA.localeCompare(wordB))
  return {
    words: ranked.reduce((sum, [, count]) => sum + count, 0),
    different: counts.size,
    top: ranked.slice(0, TOP).map(([word, count]) => ({ word, count })),
  }
}
