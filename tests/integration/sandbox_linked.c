/* SPDX-License-Identifier: MIT */
/* Stands in for a widget that is linked with it. */
int sandbox_library_answer(void);

int main(void)
{
	return sandbox_library_answer();
}
