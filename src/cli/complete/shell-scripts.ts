/** What each shell runs to complete a line that begins with `edge`: all of them ask `edge __complete`. */
export const shellScripts = {
  bash: `# Completion of edge for bash. In ~/.bashrc: source <(edge completion bash)
_edge_complete() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _edge_complete edge
`,
  zsh: `#compdef edge
# Completion of edge for zsh. In ~/.zshrc after compinit: source <(edge completion zsh)
_edge() {
  local line
  local -a items
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && items+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#items} )); then
    _describe edge items
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _edge ]]; then
  _edge "$@"
else
  compdef _edge edge
fi
`,
  fish: `# Completion of edge for fish. Once: edge completion fish > ~/.config/fish/completions/edge.fish
function __edge_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l found ($program __complete $words "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c edge -f -a '(__edge_complete)'
`,
} as const

export type Shell = keyof typeof shellScripts
