import type { CompletionModel, CompletionNode, CompletionWord } from './completion-model.ts'

export function fishCompletion({ nodes, choices }: CompletionModel): string {
  const values = new Map(choices.map(({ flag, values: all }) => [flag, all.join(' ')]))
  const lines = nodes.flatMap((node) => nodeLines(node, values))
  return `# Completion for fish. Write it to ~/.config/fish/completions/jobwire.fish
function __jobwire_at
  set -l words (commandline -opc)
  set -e words[1]
  set -l path (string match -v -- '-*' $words)
  set -l wanted (string split ' ' -- $argv[1])
  test -z "$argv[1]"; and set wanted
  test (count $path) -ge (count $wanted); or return 1
  for i in (seq (count $wanted))
    test "$path[$i]" = "$wanted[$i]"; or return 1
  end
  test "$argv[2]" != exactly; or test (count $path) -eq (count $wanted)
end
${lines.join('\n')}
`
}

function nodeLines({ path, subcommands, options }: CompletionNode, values: ReadonlyMap<string, string>): string[] {
  const commands = subcommands.map(
    ({ word, meaning }) => `complete -c jobwire -f -n "__jobwire_at '${path}' exactly" -a ${word} -d ${quote(meaning)}`,
  )
  const flags = options.map((option) => flagLine(path, option, values.get(option.word)))
  return [...commands, ...flags]
}

function flagLine(path: string, { word, meaning }: CompletionWord, values: string | undefined): string {
  const choices = values === undefined ? '' : ` -x -a ${quote(values)}`
  return `complete -c jobwire -n "__jobwire_at '${path}'" -l ${word.slice(2)}${choices} -d ${quote(meaning)}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
