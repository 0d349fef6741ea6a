import { expect, it } from '@jest/globals'
import { citedPaths, existsInRepository, readText } from './repository-files.ts'

const rows = readText('docs/glossary.md')
  .split('\n')
  .filter((line) => /^\| (?!Word |---)/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )

it('the glossary has each word once, with one sentence or two and a file that exists', () => {
  expect(rows.length).toBeGreaterThan(50)
  const words = rows.map(([word]) => word!.toLowerCase())
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([])
  for (const [word, meaning, file] of rows) {
    expect({ word, meaning }).toEqual({ word, meaning: expect.stringMatching(/^[A-Z].*\.$/) })
    expect({ word, files: citedPaths(file!) }).toEqual({ word, files: [file!.replaceAll('`', '')] })
    expect({ file, exists: existsInRepository(citedPaths(file!)[0]!) }).toEqual({ file, exists: true })
  }
})
