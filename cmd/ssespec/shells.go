package main

import (
	"fmt"
	"strings"
)

// The scripts take a word in the command's place that is none, such as a URL, for check.

const bashScript = `# bash completion of ssespec
_ssespec() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=
  if [[ $cur == = ]]; then # of --flag=value, which bash takes for three words
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $prev in
%[1]s  %[2]s) return ;;
  esac
  if [[ -z $words && $cur == -* ]]; then
    case $command in
%[3]s    esac
  elif [[ -z $words ]] && ((COMP_CWORD == 1)); then
    words='%[4]s'
  elif [[ -z $words ]]; then
    case $command in
%[5]s    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur")) # not mapfile, which the bash of macOS has not
}
complete -o default -F _ssespec ssespec
`

func bashCompletion(v vocabulary) string {
	arm := func(indent, pattern string, words []string) string {
		return fmt.Sprintf("%s%s) words='%s' ;;\n", indent, pattern, strings.Join(words, " "))
	}
	var values, flags, operands strings.Builder
	for _, c := range v.values {
		values.WriteString(arm("  ", c.behind, c.words))
	}
	for _, c := range v.operands {
		operands.WriteString(arm("    ", c.behind, c.words))
	}
	for _, c := range v.commands {
		flags.WriteString(arm("    ", c.word, wordsOf(v.flags[c.word])))
	}
	flags.WriteString(arm("    ", "*", wordsOf(v.flags["check"])))
	return fmt.Sprintf(bashScript, &values, strings.Join(v.plain(), "|"), &flags, strings.Join(wordsOf(v.commands), " "), &operands)
}

func wordsOf(all []suggestion) []string {
	var out []string
	for _, t := range all {
		out = append(out, t.word)
	}
	return out
}

const zshScript = `#compdef ssespec
_ssespec() {
  local command=$words[2] before=$words[CURRENT-1]
  local -a terms
  if [[ $PREFIX == --*=* ]]; then
    before=${PREFIX%%%%=*}
    compset -P '*='
  fi
  case $before in
%[1]s  %[2]s) _files; return ;;
  esac
  if [[ $PREFIX == -* ]]; then
    case $command in
%[3]s    esac
    _describe -o flag terms
  elif ((CURRENT == 2)); then
    terms=(%[4]s)
    _describe command terms
  else
    case $command in
%[5]s    *) _files ;;
    esac
  fi
}
if [[ $funcstack[1] == _ssespec ]]; then
  _ssespec "$@"
else
  compdef _ssespec ssespec
fi
`

func zshCompletion(v vocabulary) string {
	var values, flags, operands strings.Builder
	for _, c := range v.values {
		fmt.Fprintf(&values, "  %s) compadd -- %s; return ;;\n", c.behind, strings.Join(c.words, " "))
	}
	for _, c := range v.operands {
		fmt.Fprintf(&operands, "    %s) compadd -- %s ;;\n", c.behind, strings.Join(c.words, " "))
	}
	for _, c := range v.commands {
		fmt.Fprintf(&flags, "    %s) terms=(%s) ;;\n", c.word, described(v.flags[c.word]))
	}
	fmt.Fprintf(&flags, "    *) terms=(%s) ;;\n", described(v.flags["check"]))
	return fmt.Sprintf(zshScript, &values, strings.Join(v.plain(), "|"), &flags, described(v.commands), &operands)
}

// described writes suggestions as _describe reads them: a colon ends the word.
func described(all []suggestion) string {
	var out []string
	for _, t := range all {
		out = append(out, quoteWord(strings.ReplaceAll(t.word, ":", `\:`)+":"+t.says))
	}
	return strings.Join(out, " ")
}

// quoteWord makes one word of s for bash and zsh.
func quoteWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

const fishScript = `# fish completion of ssespec
function __ssespec_behind
    set -l words (commandline -opc)
    set -l command none
    if set -q words[2]
        set command check
        contains -- $words[2] %s; and set command $words[2]
    end
    contains -- $command $argv
end
`

func fishCompletion(v vocabulary) string {
	var b strings.Builder
	fmt.Fprintf(&b, fishScript, strings.Join(wordsOf(v.commands), " "))
	for _, c := range v.commands {
		fmt.Fprintf(&b, "%s -f -a %s -d %s\n", fishBehind("none"), c.word, fishQuote(c.says))
	}
	known := map[string][]string{}
	for _, c := range v.values {
		known[c.behind] = c.words
	}
	for _, f := range v.shared() {
		b.WriteString(fishBehind(f.commands...) + fishFlag(f.suggestion, known[f.word]))
	}
	for _, c := range v.operands {
		fmt.Fprintf(&b, "%s -f -a %s\n", fishBehind(c.behind), fishQuote(strings.Join(c.words, " ")))
	}
	return b.String()
}

// A sharedFlag is a flag and the commands that have it.
type sharedFlag struct {
	suggestion
	commands []string
}

// shared returns each flag once: most commands have the same.
func (v vocabulary) shared() []*sharedFlag {
	var out []*sharedFlag
	at := map[suggestion]*sharedFlag{}
	for _, c := range v.commands {
		for _, f := range v.flags[c.word] {
			if at[f] == nil {
				at[f] = &sharedFlag{suggestion: f}
				out = append(out, at[f])
			}
			at[f].commands = append(at[f].commands, c.word)
		}
	}
	return out
}

func fishBehind(commands ...string) string {
	return "complete -c ssespec -n '__ssespec_behind " + strings.Join(commands, " ") + "'"
}

func fishFlag(t suggestion, values []string) string {
	s := " -l " + strings.TrimPrefix(t.word, "--")
	if !strings.HasPrefix(t.word, "--") {
		s = " -s " + t.word[1:]
	}
	switch {
	case values != nil:
		s += " -x -a " + fishQuote(strings.Join(values, " "))
	case t.value:
		s += " -r"
	}
	return s + " -d " + fishQuote(t.says) + "\n"
}

// fishQuote makes one word of s for fish.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
