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
  source <(tacet completion zsh)
  tacet completion fish >~/.config/fish/completions/tacet.fish
`
}

// Run prints the script.
func (s completion) Run(c *console, parser *kong.Kong) error {
	write := map[string]func(io.Writer, *kong.Application) error{"bash": bash, "zsh": zsh, "fish": fish}[s.Shell]
	return write(c.out, parser.Model)
}

// nodes calls f for each command and each group of commands, those before what
// is in them, with what is typed for it ("account token list").
func nodes(of *kong.Node, f func(typed string, node *kong.Node)) {
	for _, node := range of.Children {
		if !node.Hidden {
			f(typed(node), node)
			nodes(node, f)
		}
	}
}

// typed is what is typed for a command, behind the program's name.
func typed(node *kong.Node) string {
	_, name, _ := strings.Cut(node.FullPath(), " ")
	return name
}

// flags are those of a command, with what it has from those around it.
func flags(node *kong.Node) []*kong.Flag {
	var all []*kong.Flag
	for _, group := range node.AllFlags(true) {
		all = append(all, group...)
	}
	return all
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

// words returns what can follow a command: the next word of it, else its flags
// and what its arguments can be.
func words(node *kong.Node) []string {
	var all []string
	for _, child := range node.Children {
		if !child.Hidden {
			all = append(all, child.Name)
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, flag := range flags(node) {
		all = append(all, "--"+flag.Name)
	}
	for _, argument := range node.Positional {
		all = append(all, values(argument)...)
	}
	return all
}

// bash completes commands, flags, values of flags, and else names of files.
func bash(w io.Writer, model *kong.Application) error {
	var known []string
	var follow, flagValues strings.Builder
	fmt.Fprintf(&follow, "    '') words='%s --help' ;;\n", strings.Join(words(model.Node), " "))
	nodes(model.Node, func(name string, node *kong.Node) {
		known = append(known, "'"+name+"'")
		fmt.Fprintf(&follow, "    '%s') words='%s' ;;\n", name, strings.Join(words(node), " "))
		if len(node.Children) > 0 {
			return
		}
		for _, flag := range flags(node) {
			if all := values(flag.Value); all != nil {
				fmt.Fprintf(&flagValues, "    '%s:--%s') words='%s' ;;\n", name, flag.Name, strings.Join(all, " "))
			}
		}
	})
	_, err := fmt.Fprintf(w, `# bash completion for tacet
_tacet() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= word
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command${command:+ }$word" in
    %s) command+=${command:+ }$word ;;
    *) break ;;
    esac
  done
  case $command:$previous in
%s  *) case $command in
%s    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tacet tacet
`, strings.Join(known, "|"), flagValues.String(), follow.String())
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
	b.WriteString(`# fish completion for tacet
function __tacet_in # the command line begins with these words
  set -l words (commandline -opc)
  set -e words[1]
  test (count $words) -ge (count $argv); or return 1
  for i in (seq (count $argv))
    test "$words[$i]" = "$argv[$i]"; or return 1
  end
end
function __tacet_after # and has no others yet
  __tacet_in $argv; and test (count (commandline -opc)) -eq (math (count $argv) + 1)
end
`)
	quote := func(s string) string {
		first, _, _ := strings.Cut(s, ". ")
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(strings.TrimSuffix(first, ".")) + "'"
	}
	nodes(model.Node, func(name string, node *kong.Node) {
		before := strings.TrimSpace("__tacet_after " + strings.TrimSuffix(name, node.Name))
		fmt.Fprintf(&b, "complete -c tacet -n '%s' -f -a %s -d %s\n", before, node.Name, quote(node.Help))
		if len(node.Children) > 0 {
			return
		}
		in := "'__tacet_in " + name + "'"
		for _, flag := range flags(node) {
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
