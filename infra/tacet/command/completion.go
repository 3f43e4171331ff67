package command

import (
	"fmt"
	"io"
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
  tacet completion fish >~/.config/fish/completions/tacet.fish
`
}

// Run prints the script.
func (s completion) Run(c *console, parser *kong.Kong) error {
	write := map[string]func(io.Writer, *kong.Application) error{"bash": bash, "zsh": zsh, "fish": fish}[s.Shell]
	return write(c.out, parser.Model)
}

// commands calls f for each command, with the flags that it takes.
func commands(model *kong.Application, f func(node *kong.Node, flags []*kong.Flag)) {
	for _, node := range model.Leaves(true) {
		var flags []*kong.Flag
		for _, group := range node.AllFlags(true) {
			flags = append(flags, group...)
		}
		f(node, flags)
	}
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
	var names []string
	var cases, flagValues strings.Builder
	commands(model, func(node *kong.Node, flags []*kong.Flag) {
		names = append(names, node.Name)
		var words []string
		for _, flag := range flags {
			words = append(words, "--"+flag.Name)
			if all := values(flag.Value); all != nil {
				fmt.Fprintf(&flagValues, "    %s:--%s) words='%s' ;;\n", node.Name, flag.Name, strings.Join(all, " "))
			}
		}
		for _, argument := range node.Positional {
			words = append(words, values(argument)...)
		}
		fmt.Fprintf(&cases, "    %s) words='%s' ;;\n", node.Name, strings.Join(words, " "))
	})
	_, err := fmt.Fprintf(w, `# bash completion for tacet
_tacet() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    words='%s --help'
  else
    case ${COMP_WORDS[1]}:$previous in
%s    *) case ${COMP_WORDS[1]} in
%s    esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tacet tacet
`, strings.Join(names, " "), flagValues.String(), cases.String())
	return err
}

// zsh has a bridge to bash's completion.
func zsh(w io.Writer, model *kong.Application) error {
	if _, err := io.WriteString(w, "#compdef tacet\nautoload -U +X bashcompinit && bashcompinit\n"); err != nil {
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
	commands(model, func(node *kong.Node, flags []*kong.Flag) {
		fmt.Fprintf(&b, "complete -c tacet -n __fish_use_subcommand -f -a %s -d %s\n", node.Name, quote(node.Help))
		in := "'__fish_seen_subcommand_from " + node.Name + "'"
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
