package main

import (
	"fmt"
	"sort"

	"github.com/urfave/cli/v2"
)

// completions are the scripts that ask wsgen itself, by the library's hidden flag.
var completions = map[string]string{
	"bash": `_wsgen() {
  local words=("${COMP_WORDS[@]:0:$COMP_CWORD}")
  local current="${COMP_WORDS[COMP_CWORD]}"
  [[ $current == -* ]] && words+=("$current")
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$current"))
}
complete -o bashdefault -o default -F _wsgen wsgen
`,
	"zsh": `#compdef wsgen
_wsgen() {
  local -a found
  local current="${words[CURRENT]}"
  local -a before=("${(@)words[1,CURRENT-1]}")
  [[ $current == -* ]] && before+=("$current")
  found=("${(@f)$(_CLI_ZSH_AUTOCOMPLETE_HACK=1 "${before[@]}" --generate-bash-completion 2>/dev/null)}")
  if [[ -n ${found[1]} ]]; then _describe 'wsgen' found; else _files; fi
}
compdef _wsgen wsgen
`,
	"fish": `function __wsgen_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  string match -q -- '-*' $current; and set -a words $current
  $words --generate-bash-completion 2>/dev/null
end
complete -c wsgen -a '(__wsgen_complete)'
`,
}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:        "completion",
		Usage:       "print the completion script of a shell: bash, zsh or fish",
		ArgsUsage:   "SHELL",
		Description: "For bash, put this into ~/.bashrc:\n   source <(wsgen completion bash)",
		Action: func(c *cli.Context) error {
			script, known := completions[c.Args().First()]
			if !known || c.Args().Len() > 1 {
				var shells []string
				for shell := range completions {
					shells = append(shells, shell)
				}
				sort.Strings(shells)
				return usage(fmt.Sprintf("the shells are %v", shells), "name one shell")
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}
