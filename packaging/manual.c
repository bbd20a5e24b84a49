/* The settings part of chapterd.conf(5), from the table that the daemon reads its settings by. */
#include <stdio.h>

#include "base/config.h"

int
main(void)
{
    config_manual(stdout);
    return fflush(stdout) != 0;
}
