/* SPDX-License-Identifier: MIT */
/* Stands in for a library that is not under /usr. */
int sandbox_library_answer(void);

int sandbox_library_answer(void)
{
	return 42;
}
