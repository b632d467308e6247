"""The command line: a skin over verdigris.commands.

main         the group of all commands, each imported when it is used
call         what every command accepts and knows: the global flags, the configuration, the environment
output       data to stdout, messages to stderr; text or JSON
shapes       what is shown, as JSON (docs/reference/json.md)
words        what is shown, in words
running      long commands: their display, their Ctrl-C, their last line
board, pace  how far the work is, for `live` (a terminal) and `plain` (anything else)
failure      errors: what, where, what is left behind, what to type next; exit codes
interrupts   Ctrl-C once and twice
reference    the pages of docs/reference that are made from the code

Every other module is one command, or one group of commands, of that name.
"""
