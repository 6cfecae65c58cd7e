/* What cpu.c calls of Linux's <sys/auxv.h>; see getauxval(3). */
#ifndef SYS_AUXV_H
#define SYS_AUXV_H

#define AT_HWCAP 16

unsigned long getauxval(unsigned long type);

#endif
