import type { CompletionModel, CompletionWord } from './completion-model.ts'

export function zshCompletion({ nodes, choices }: CompletionModel): string {
  const paths = nodes.filter(({ path }) => path !== '').map(({ path }) => quote(path))
  const words = nodes.map(({ path, subcommands, options }) => {
    const all = [...subcommands, ...options].map(renderWord)
    return `    ${quote(path)}) found=(${all.join(' ')}) ;;`
  })
  const values = choices.map(({ flag, values: all }) => `    ${flag}) compadd -- ${all.join(' ')}; return ;;`)
  return `#compdef jobwire
# Completion for zsh. Add to ~/.zshrc, after compinit: eval "$(jobwire completion zsh)"
_jobwire() {
  local before='' next i
  local -a given found
  given=("\${(@)words[2,CURRENT-1]}")
  for i in "\${given[@]}"; do
    next="\${before:+$before }$i"
    case "$next" in
      (${paths.join('|')}) before="$next" ;;
    esac
  done
  case "\${given[-1]}" in
${values.join('\n')}
  esac
  case "$before" in
${words.join('\n')}
  esac
  _describe 'jobwire' found || _files
}
compdef _jobwire jobwire
`
}

/** A colon divides a word from its meaning. */
function renderWord({ word, meaning }: CompletionWord): string {
  return quote(`${word}:${meaning.replaceAll(':', '\\:')}`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
