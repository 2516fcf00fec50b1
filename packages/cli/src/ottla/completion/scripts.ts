/** Scripts by which shells complete `ottla`: each asks `ottla complete`. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

/** Where to put it, for a person. */
export const INSTALLATION: Readonly<Record<Shell, string>> = {
  bash: 'eval "$(ottla completion bash)"  # in ~/.bashrc',
  zsh: 'eval "$(ottla completion zsh)"  # in ~/.zshrc, after compinit',
  fish: 'ottla completion fish > ~/.config/fish/completions/ottla.fish',
}

const BASH = String.raw`# Completion of ottla for bash: eval "$(ottla completion bash)"
_ottla() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} program=${'$'}{COMP_WORDS[0]/#\~/$HOME}
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=${'$'}{words[${'$'}{#words[@]}-1]} prefix='' candidate
  # Bash takes = and : for the end of a word, and wants only what follows.
  if [[ $current == *[=:]* && $COMP_WORDBREAKS == *[=:]* ]]; then prefix=${'$'}{current%"${'$'}{current##*[=:]}"}; fi
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    case $candidate in
      :file) compopt -o filenames; COMPREPLY+=($(compgen -f -- "${'$'}{current#"$prefix"}")) ;;
      :folder) compopt -o filenames; COMPREPLY+=($(compgen -d -- "${'$'}{current#"$prefix"}")) ;;
      *=|*/) compopt -o nospace; COMPREPLY+=("${'$'}{candidate#"$prefix"}") ;;
      *) COMPREPLY+=("${'$'}{candidate#"$prefix"}") ;;
    esac
  done < <("$program" complete -- "${'$'}{words[@]:1}" 2> /dev/null)
}
complete -F _ottla ottla
`

const ZSH = String.raw`#compdef ottla
# Completion of ottla for zsh: eval "$(ottla completion zsh)", after compinit
_ottla() {
  local line text
  local -a described plain open
  for line in "${'$'}{(@f)$(${'$'}{(Q)words[1]} complete -- "${'$'}{(@Q)words[2,CURRENT]}" 2> /dev/null)}"; do
    text=${'$'}{line%%$'\t'*}
    case $text in
      '') ;;
      :file) _files ;;
      :folder) _files -/ ;;
      *=|*/) open+=("$text") ;;
      "$line") plain+=("$text") ;;
      *) described+=("${'$'}{text//:/\\:}:${'$'}{${'$'}{line#$text}#$'\t'}") ;;
    esac
  done
  (( ${'$'}{#open} )) && compadd -S '' -- "${'$'}{open[@]}"
  (( ${'$'}{#plain} )) && compadd -- "${'$'}{plain[@]}"
  (( ${'$'}{#described} )) && _describe -t ottla ottla described
  return 0
}
compdef _ottla ottla
`

const FISH = String.raw`# Completion of ottla for fish: ottla completion fish > ~/.config/fish/completions/ottla.fish
function __ottla_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found ($words[1] complete -- $words[2..-1] 2> /dev/null)
  if contains -- :file $found; or contains -- :folder $found
    __fish_complete_path (commandline -ct)
  else
    printf '%s\n' $found
  end
end
complete -c ottla -f -a '(__ottla_complete)'
`

export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH }
