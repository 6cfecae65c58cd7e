/* The bit of AT_HWCAP that cpu.c asks for, as in Linux's arch/arm64/include/uapi/asm/hwcap.h. */
#ifndef ASM_HWCAP_H
#define ASM_HWCAP_H

#define HWCAP_SHA2 (1 << 6)

#endif
