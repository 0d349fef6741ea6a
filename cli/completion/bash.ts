import type { CompletionModel } from './completion-model.ts'

export function bashCompletion({ nodes, choices }: CompletionModel): string {
  const paths = nodes.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`)
  const words = nodes.map(({ path, subcommands, options }) => {
    const all = [...subcommands, ...options].map(({ word }) => word).join(' ')
    return `    '${path}') words='${all}' ;;`
  })
  const values = choices.map(({ flag, values: all }) => `    ${flag}) words='${all.join(' ')}' ;;`)
  return `# Completion for bash. Add to ~/.bashrc: eval "$(jobwire completion bash)"
_jobwire() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' next words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths.join(' | ')}) path="$next" ;;
    esac
  done
  case "$path" in
${words.join('\n')}
  esac
  case "$prev" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _jobwire jobwire
`
}
