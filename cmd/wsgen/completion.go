package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completions are the scripts for the shells. Each passes the words before the cursor to
// `wsgen __complete`; if that prints nothing, the shell offers files.
var completions = map[string]string{
	"bash": `_wsgen() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _wsgen wsgen
`,
	"zsh": `#compdef wsgen
_wsgen() {
  local -a found
  found=("${(@f)$(${~${(Q)words[1]}} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n ${found[1]} ]]; then
    compadd -a found
  else
    compset -P '-*='
    _files
  fi
}
# As a file in $fpath, this is the body of the function at its first call.
if [[ ${funcstack[1]} == _wsgen ]]; then _wsgen "$@"; else compdef _wsgen wsgen; fi
`,
	"fish": `function __wsgen_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  set -l found ($program __complete $words "$current" 2>/dev/null)
  if test -n "$found"
    printf '%s\n' $found
  else
    set -l flag (string match -r -- '^-[^=]*=' "$current")
    __fish_complete_path (string replace -- "$flag" '' "$current") | string replace -r -- '^' "$flag"
  end
end
complete -c wsgen -f -a '(__wsgen_complete)'
`,
	// A space is the empty word: older versions drop empty arguments of programs.
	"powershell": `Register-ArgumentCompleter -Native -CommandName wsgen -ScriptBlock {
  param($word, $line, $cursor)
  $program = $line.GetCommandName()
  $before = @($line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
  if (-not $word) { $word = ' ' }
  & $program __complete @before $word 2>$null | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`,
}

var shells = slices.Sorted(maps.Keys(completions))

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell: " + strings.Join(shells, ", "),
		UsageText: "wsgen completion SHELL",
		Description: `For bash, put this into ~/.bashrc, for zsh into ~/.zshrc, behind compinit:
   source <(wsgen completion bash)
   source <(wsgen completion zsh)
or save the latter as _wsgen in a folder of $fpath. For fish:
   wsgen completion fish > ~/.config/fish/completions/wsgen.fish
For PowerShell, put this into the file that $PROFILE names:
   wsgen completion powershell | Out-String | Invoke-Expression`,
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 {
				return usage("the shells are "+strings.Join(shells, ", "), "name one shell")
			}
			script, known := completions[c.Args().First()]
			if !known {
				return usage("the shells are "+strings.Join(shells, ", "), "there is no completion for %q", c.Args().First())
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}

// completeCommand is what the completion scripts run. The library's own completion panics
// on an incomplete flag.
func completeCommand() *cli.Command {
	return &cli.Command{
		Name:            "__complete",
		Hidden:          true,
		HideHelp:        true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			for _, word := range complete(c.App, c.Args().Slice()) {
				fmt.Fprintln(c.App.Writer, word)
			}
			return nil
		},
	}
}

// complete returns the words that the last of the words after `wsgen` can be completed to.
func complete(app *cli.App, words []string) []string {
	last := ""
	if n := len(words) - 1; n >= 0 {
		words, last = words[:n], strings.TrimSpace(words[n])
	}
	if last == "=" { // bash splits words at it
		words, last = append(words, last), ""
	}
	flags, candidates := app.Flags, visible(app)
	pending := cli.Flag(nil) // the flag whose value comes next
	for _, word := range words {
		command := app.Command(word)
		switch {
		case pending != nil && word == "=":
		case pending != nil:
			pending = nil
		case strings.HasPrefix(word, "-"):
			pending = valueFlag(flags, word)
		case command != nil:
			flags, candidates = command.Flags, nil
			if word == "completion" {
				candidates = shells
			}
		}
	}
	name, _, assigned := strings.Cut(last, "=")
	switch {
	case pending != nil:
		candidates = choices[pending.Names()[0]]
	case assigned:
		candidates = assignments(flags, name)
	case strings.HasPrefix(last, "-"):
		candidates = dashed(flags)
	}
	return slices.DeleteFunc(slices.Clone(candidates), func(s string) bool { return !strings.HasPrefix(s, last) })
}

// valueFlag returns the flag that a word names if that flag takes a value, else nil.
func valueFlag(flags []cli.Flag, word string) cli.Flag {
	for _, f := range flags {
		doc, ok := f.(cli.DocGenerationFlag)
		if ok && doc.TakesValue() && slices.Contains(f.Names(), strings.TrimLeft(word, "-")) {
			return f
		}
	}
	return nil
}

// assignments returns the completions of a flag with "=", such as --color=auto.
func assignments(flags []cli.Flag, word string) (words []string) {
	if f := valueFlag(flags, word); f != nil {
		for _, value := range choices[f.Names()[0]] {
			words = append(words, word+"="+value)
		}
	}
	return words
}

// dashed returns the names of flags as users type them.
func dashed(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		for _, name := range f.Names() {
			names = append(names, dashes(name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// visible returns the names of the commands that are not hidden.
func visible(app *cli.App) []string {
	var names []string
	for _, c := range app.VisibleCommands() {
		names = append(names, c.Name)
	}
	return names
}
