export const SHELLS = ["bash", "zsh"] as const;
export type Shell = (typeof SHELLS)[number];

/** Both ask the program itself, so that they know every command, flag and name that there is, and are never out of date. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of kbroker for bash. Put this into ~/.bashrc:
#   eval "$(kbroker completion bash)"
_kbroker() {
  local lines=() line
  mapfile -t lines < <("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  if [[ \${lines[0]} == :files ]]; then
    compopt -o default
    return
  fi
  for line in "\${lines[@]}"; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done
}
complete -F _kbroker kbroker
`,
  zsh: `# Completion of kbroker for zsh. Put this into ~/.zshrc, behind compinit:
#   eval "$(kbroker completion zsh)"
_kbroker() {
  local -a lines described
  local line
  lines=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${lines[1]} == :files ]]; then
    _files
    return
  fi
  for line in "\${lines[@]}"; do
    [[ -n $line ]] && described+=("\${line/$'\\t'/:}")
  done
  _describe kbroker described
}
compdef _kbroker kbroker
`,
};

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
