/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* A shared library that is no plugin. */
int stretto_something_else(void);
int stretto_something_else(void) { return 1; }
