package command

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completion prints a script that teaches a shell the commands and their
// flags. The words are those of the grammar, so they cannot be forgotten here.
type completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Which shell: ${enum}."`
}

func (completion) example() string {
	return `  source <(tacet completion bash)
  source <(tacet completion zsh)
  tacet completion fish >~/.config/fish/completions/tacet.fish
`
}

// Run prints the script.
func (s completion) Run(c *console, parser *kong.Kong) error {
	write := map[string]func(io.Writer, *kong.Application) error{"bash": bash, "zsh": zsh, "fish": fish}[s.Shell]
	return write(c.out, parser.Model)
}

// commands calls f for each command, with what is typed for it ("app create")
// and the flags that it takes.
func commands(model *kong.Application, f func(name string, node *kong.Node, flags []*kong.Flag)) {
	for _, node := range model.Leaves(true) {
		var flags []*kong.Flag
		for _, group := range node.AllFlags(true) {
			flags = append(flags, group...)
		}
		f(typed(node), node, flags)
	}
}

// typed is what is typed for a command, behind the program's name.
func typed(node *kong.Node) string {
	_, name, _ := strings.Cut(node.FullPath(), " ")
	return name
}

// first lists the words that a command can begin with, and groups, for those
// that are followed by another, what that can be.
func first(model *kong.Application) (words []string, groups map[string][]string) {
	groups = map[string][]string{}
	commands(model, func(name string, _ *kong.Node, _ []*kong.Flag) {
		word, second, two := strings.Cut(name, " ")
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
		if two {
			groups[word] = append(groups[word], second)
		}
	})
	return words, groups
}

// values returns what a flag or argument can be, or nil.
func values(v *kong.Value) []string {
	if v.Enum == "" {
		return nil
	}
	var all []string
	for _, e := range v.EnumSlice() {
		if e != "" {
			all = append(all, e)
		}
	}
	return all
}

// bash completes commands, flags, values of flags, and else names of files.
func bash(w io.Writer, model *kong.Application) error {
	names, groups := first(model)
	var cases, flagValues, seconds strings.Builder
	for _, word := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(&seconds, "  %s)\n    command+=\" ${COMP_WORDS[2]}\" at=2\n    words='%s' ;;\n", word, strings.Join(groups[word], " "))
	}
	commands(model, func(name string, node *kong.Node, flags []*kong.Flag) {
		var words []string
		for _, flag := range flags {
			words = append(words, "--"+flag.Name)
			if all := values(flag.Value); all != nil {
				fmt.Fprintf(&flagValues, "    '%s:--%s') words='%s' ;;\n", name, flag.Name, strings.Join(all, " "))
			}
		}
		for _, argument := range node.Positional {
			words = append(words, values(argument)...)
		}
		fmt.Fprintf(&cases, "    '%s') words='%s' ;;\n", name, strings.Join(words, " "))
	})
	_, err := fmt.Fprintf(w, `# bash completion for tacet
_tacet() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} at=1 words=
  COMPREPLY=()
  case $command in
%s  esac
  if ((COMP_CWORD == 1)); then
    words='%s --help'
  elif ((COMP_CWORD > at)); then
    case $command:$previous in
%s    *) case $command in
%s    esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tacet tacet
`, seconds.String(), strings.Join(names, " "), flagValues.String(), cases.String())
	return err
}

// zsh has a bridge to bash's completion. It needs zsh's own to be there, which a
// shell without configuration has not started.
func zsh(w io.Writer, model *kong.Application) error {
	if _, err := io.WriteString(w, `#compdef tacet
(( $+functions[compdef] )) || { autoload -U +X compinit && compinit; }
autoload -U +X bashcompinit && bashcompinit
`); err != nil {
		return err
	}
	return bash(w, model)
}

// fish says what each thing is for, too.
func fish(w io.Writer, model *kong.Application) error {
	var b strings.Builder
	b.WriteString("# fish completion for tacet\n")
	quote := func(s string) string {
		first, _, _ := strings.Cut(s, ". ")
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(strings.TrimSuffix(first, ".")) + "'"
	}
	commands(model, func(name string, node *kong.Node, flags []*kong.Flag) {
		word, second, two := strings.Cut(name, " ")
		in := "'__fish_seen_subcommand_from " + word + "'"
		if two {
			fmt.Fprintf(&b, "complete -c tacet -n __fish_use_subcommand -f -a %s -d %s\n", word, quote(node.Parent.Help))
			fmt.Fprintf(&b, "complete -c tacet -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from %s' -f -a %[2]s -d %s\n", word, second, quote(node.Help))
			in = "'__fish_seen_subcommand_from " + word + "; and __fish_seen_subcommand_from " + second + "'"
		} else {
			fmt.Fprintf(&b, "complete -c tacet -n __fish_use_subcommand -f -a %s -d %s\n", word, quote(node.Help))
		}
		for _, flag := range flags {
			fmt.Fprintf(&b, "complete -c tacet -n %s -l %s -d %s", in, flag.Name, quote(flag.Help))
			if all := values(flag.Value); all != nil {
				fmt.Fprintf(&b, " -x -a '%s'", strings.Join(all, " "))
			} else if !flag.IsBool() {
				b.WriteString(" -r")
			}
			b.WriteString("\n")
		}
		for _, argument := range node.Positional {
			if all := values(argument); all != nil {
				fmt.Fprintf(&b, "complete -c tacet -n %s -f -a '%s'\n", in, strings.Join(all, " "))
			}
		}
	})
	_, err := io.WriteString(w, b.String())
	return err
}
