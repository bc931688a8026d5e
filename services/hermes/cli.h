/* SPDX-License-Identifier: MIT */
/**
 * mos-hermes without the daemon: look at a file, or compile it for another program.
 */
#ifndef HERMES_CLI_H
#define HERMES_CLI_H

/**
 * mos-hermes check FILE [--json]
 * @return exit status: 0 the file loads, 1 it does not, 2 wrong usage.
 */
int cli_check(int argc, char **argv);

/**
 * mos-hermes compile FILE -- CMD [ARG...]: runs CMD in this process' place with the sealed timeline as
 * file descriptor 3.
 * @return exit status, when CMD was not run: 1 failed, 2 wrong usage, 127 CMD not found.
 */
int cli_compile(int argc, char **argv);
/** `mos-hermes schema`: the JSON Schema of NVX1 on standard output. */
int cli_schema(int argc, char **argv);
/** `mos-hermes files`: serve the program that left its socket as descriptor 3, until it hangs up. */
int cli_files(int argc, char **argv);

#endif
